/* The structures of the Linux ABI that the kernel declares packed. cffi reads this with
 * cdef(..., packed=True), the C compiler between #pragma pack(push, 1) and pop. */

struct kv_epoll_event_x86_64 { uint32_t events; uint64_t data; };
