/* Structures of the Linux ABI, read both by cffi's cdef() and by the C compiler: fixed-width
 * integer types and arrays only, no preprocessor. Addresses are uint64_t; fields have the
 * kernel's own names; names that start with _pad are padding. A structure that differs between
 * architectures has one declaration for each, with the architecture as suffix.
 * Whatever needs packing is in structs_packed.h. <signal.h> and <sys/stat.h> define some of these
 * names as macros: st_atime is spelled st_atime_sec here, and nobody includes <signal.h> first. */

/* time */

struct kv_timespec { int64_t tv_sec; int64_t tv_nsec; };
struct kv_timeval { int64_t tv_sec; int64_t tv_usec; };
struct kv_timezone { int32_t tz_minuteswest; int32_t tz_dsttime; };
struct kv_itimerspec { struct kv_timespec it_interval; struct kv_timespec it_value; };
struct kv_itimerval { struct kv_timeval it_interval; struct kv_timeval it_value; };
struct kv_utimbuf { int64_t actime; int64_t modtime; };
struct kv_tms { int64_t tms_utime; int64_t tms_stime; int64_t tms_cutime; int64_t tms_cstime; };

struct kv_timex {
    uint32_t modes; uint32_t _pad0;
    int64_t offset; int64_t freq; int64_t maxerror; int64_t esterror;
    int32_t status; uint32_t _pad1;
    int64_t constant; int64_t precision; int64_t tolerance;
    struct kv_timeval time;
    int64_t tick; int64_t ppsfreq; int64_t jitter;
    int32_t shift; uint32_t _pad2;
    int64_t stabil; int64_t jitcnt; int64_t calcnt; int64_t errcnt; int64_t stbcnt;
    int32_t tai; uint32_t _pad3[11];
};

/* files */

struct kv_stat_x86_64 {
    uint64_t st_dev; uint64_t st_ino; uint64_t st_nlink;
    uint32_t st_mode; uint32_t st_uid; uint32_t st_gid; uint32_t _pad0;
    uint64_t st_rdev; int64_t st_size; int64_t st_blksize; int64_t st_blocks;
    int64_t st_atime_sec; uint64_t st_atime_nsec;
    int64_t st_mtime_sec; uint64_t st_mtime_nsec;
    int64_t st_ctime_sec; uint64_t st_ctime_nsec;
    int64_t _pad1[3];
};

struct kv_stat_arm64 {
    uint64_t st_dev; uint64_t st_ino;
    uint32_t st_mode; uint32_t st_nlink; uint32_t st_uid; uint32_t st_gid;
    uint64_t st_rdev; uint64_t _pad0; int64_t st_size;
    int32_t st_blksize; int32_t _pad1; int64_t st_blocks;
    int64_t st_atime_sec; uint64_t st_atime_nsec;
    int64_t st_mtime_sec; uint64_t st_mtime_nsec;
    int64_t st_ctime_sec; uint64_t st_ctime_nsec;
    uint32_t _pad2[2];
};

struct kv_statx_timestamp { int64_t tv_sec; uint32_t tv_nsec; int32_t _pad0; };

struct kv_statx {
    uint32_t stx_mask; uint32_t stx_blksize; uint64_t stx_attributes;
    uint32_t stx_nlink; uint32_t stx_uid; uint32_t stx_gid; uint16_t stx_mode; uint16_t _pad0;
    uint64_t stx_ino; uint64_t stx_size; uint64_t stx_blocks; uint64_t stx_attributes_mask;
    struct kv_statx_timestamp stx_atime; struct kv_statx_timestamp stx_btime;
    struct kv_statx_timestamp stx_ctime; struct kv_statx_timestamp stx_mtime;
    uint32_t stx_rdev_major; uint32_t stx_rdev_minor;
    uint32_t stx_dev_major; uint32_t stx_dev_minor;
    uint64_t stx_mnt_id; uint32_t stx_dio_mem_align; uint32_t stx_dio_offset_align;
    uint64_t stx_subvol;
    uint32_t stx_atomic_write_unit_min; uint32_t stx_atomic_write_unit_max;
    uint32_t stx_atomic_write_segments_max; uint32_t stx_dio_read_offset_align;
    uint32_t stx_atomic_write_unit_max_opt; uint32_t _pad1; uint64_t _pad2[8];
};

struct kv_statfs {
    int64_t f_type; int64_t f_bsize;
    int64_t f_blocks; int64_t f_bfree; int64_t f_bavail; int64_t f_files; int64_t f_ffree;
    int32_t f_fsid[2];
    int64_t f_namelen; int64_t f_frsize; int64_t f_flags; int64_t f_spare[4];
};

struct kv_loop_info64 {
    uint64_t lo_device; uint64_t lo_inode; uint64_t lo_rdevice;
    uint64_t lo_offset; uint64_t lo_sizelimit;
    uint32_t lo_number; uint32_t lo_encrypt_type; uint32_t lo_encrypt_key_size; uint32_t lo_flags;
    uint8_t lo_file_name[64]; uint8_t lo_crypt_name[64]; uint8_t lo_encrypt_key[32];
    uint64_t lo_init[2];
};

struct kv_loop_config {
    uint32_t fd; uint32_t block_size; struct kv_loop_info64 info; uint64_t __reserved[8];
};

/* ext2 on disk */

struct kv_ext2_super_block {
    uint32_t s_inodes_count; uint32_t s_blocks_count; uint32_t s_r_blocks_count;
    uint32_t s_free_blocks_count; uint32_t s_free_inodes_count; uint32_t s_first_data_block;
    uint32_t s_log_block_size; uint32_t s_log_frag_size; uint32_t s_blocks_per_group;
    uint32_t s_frags_per_group; uint32_t s_inodes_per_group; uint32_t s_mtime; uint32_t s_wtime;
    uint16_t s_mnt_count; uint16_t s_max_mnt_count; uint16_t s_magic; uint16_t s_state;
    uint16_t s_errors; uint16_t s_minor_rev_level; uint32_t s_lastcheck; uint32_t s_checkinterval;
    uint32_t s_creator_os; uint32_t s_rev_level; uint16_t s_def_resuid; uint16_t s_def_resgid;
    uint32_t s_first_ino; uint16_t s_inode_size; uint16_t s_block_group_nr;
    uint32_t s_feature_compat; uint32_t s_feature_incompat; uint32_t s_feature_ro_compat;
    uint8_t s_uuid[16]; uint8_t s_volume_name[16]; uint8_t s_last_mounted[64];
    uint32_t s_algorithm_usage_bitmap; uint8_t s_prealloc_blocks; uint8_t s_prealloc_dir_blocks;
    uint16_t s_reserved_gdt_blocks; uint8_t s_journal_uuid[16]; uint32_t s_journal_inum;
    uint32_t s_journal_dev; uint32_t s_last_orphan; uint32_t s_hash_seed[4];
    uint8_t s_def_hash_version; uint8_t s_jnl_backup_type; uint16_t s_desc_size;
    uint32_t s_default_mount_opts; uint32_t s_first_meta_bg; uint32_t s_reserved[190];
};

struct kv_ext2_group_desc {
    uint32_t bg_block_bitmap; uint32_t bg_inode_bitmap; uint32_t bg_inode_table;
    uint16_t bg_free_blocks_count; uint16_t bg_free_inodes_count; uint16_t bg_used_dirs_count;
    uint16_t bg_pad; uint32_t bg_reserved[3];
};

struct kv_ext2_inode {
    uint16_t i_mode; uint16_t i_uid; uint32_t i_size; int32_t i_atime; int32_t i_ctime;
    int32_t i_mtime; uint32_t i_dtime; uint16_t i_gid; uint16_t i_links_count; uint32_t i_blocks;
    uint32_t i_flags; uint32_t i_osd1; uint32_t i_block[15]; uint32_t i_generation;
    uint32_t i_file_acl; uint32_t i_dir_acl; uint32_t i_faddr; uint8_t i_frag; uint8_t i_fsize;
    uint16_t i_pad1; uint16_t i_uid_high; uint16_t i_gid_high; uint32_t i_reserved2;
};

/* The name follows d_type without a gap: at offset 19 of dirent64, 18 of dirent. */
struct kv_dirent64 {
    uint64_t d_ino; int64_t d_off; uint16_t d_reclen; uint8_t d_type; char d_name[5];
};
struct kv_dirent { uint64_t d_ino; uint64_t d_off; uint16_t d_reclen; char d_name[6]; };

struct kv_flock {
    int16_t l_type; int16_t l_whence; int32_t _pad0;
    int64_t l_start; int64_t l_len; int32_t l_pid; int32_t _pad1;
};
struct kv_f_owner_ex { int32_t type; int32_t pid; };
struct kv_mount_attr { uint64_t attr_set; uint64_t attr_clr; uint64_t propagation; uint64_t userns_fd; };
struct kv_mnt_id_req { uint32_t size; uint32_t spare; uint64_t mnt_id; uint64_t param; };
struct kv_statmount {
    uint32_t size; uint32_t mnt_opts; uint64_t mask; uint32_t sb_dev_major; uint32_t sb_dev_minor;
    uint64_t sb_magic; uint32_t sb_flags; uint32_t fs_type; uint64_t mnt_id;
    uint64_t mnt_parent_id; uint32_t mnt_id_old; uint32_t mnt_parent_id_old; uint64_t mnt_attr;
    uint64_t mnt_propagation; uint64_t mnt_peer_group; uint64_t mnt_master;
    uint64_t propagate_from; uint32_t mnt_root; uint32_t mnt_point; uint64_t mnt_ns_id;
    uint32_t fs_subtype; uint32_t sb_source; uint32_t opt_num; uint32_t opt_array;
    uint32_t opt_sec_num; uint32_t opt_sec_array; uint64_t supported_mask; uint64_t spare[45];
};
struct kv_xattr_args { uint64_t value; uint32_t size; uint32_t flags; };
struct kv_cachestat_range { uint64_t off; uint64_t len; };
struct kv_cachestat {
    uint64_t nr_cache; uint64_t nr_dirty; uint64_t nr_writeback; uint64_t nr_evicted;
    uint64_t nr_recently_evicted;
};
struct kv_ustat { int32_t f_tfree; uint64_t f_tinode; char f_fname[6]; char f_fpack[6]; };
struct kv_open_how { uint64_t flags; uint64_t mode; uint64_t resolve; };
struct kv_file_handle { uint32_t handle_bytes; int32_t handle_type; };
struct kv_iovec { uint64_t iov_base; uint64_t iov_len; };
struct kv_iocb {
    uint64_t aio_data; uint32_t aio_key; int32_t aio_rw_flags;
    uint16_t aio_lio_opcode; int16_t aio_reqprio; uint32_t aio_fildes;
    uint64_t aio_buf; uint64_t aio_nbytes; int64_t aio_offset;
    uint64_t aio_reserved2; uint32_t aio_flags; uint32_t aio_resfd;
};
struct kv_io_event { uint64_t data; uint64_t obj; int64_t res; int64_t res2; };
struct kv_aio_ring {
    uint32_t id; uint32_t nr; uint32_t head; uint32_t tail;
    uint32_t magic; uint32_t compat_features; uint32_t incompat_features; uint32_t header_length;
};
struct kv_pollfd { int32_t fd; int16_t events; int16_t revents; };
struct kv_epoll_event_arm64 { uint32_t events; uint32_t _pad0; uint64_t data; };
struct kv_inotify_event { int32_t wd; uint32_t mask; uint32_t cookie; uint32_t len; };
struct kv_winsize { uint16_t ws_row; uint16_t ws_col; uint16_t ws_xpixel; uint16_t ws_ypixel; };

struct kv_termios {
    uint32_t c_iflag; uint32_t c_oflag; uint32_t c_cflag; uint32_t c_lflag;
    uint8_t c_line; uint8_t c_cc[19];
};
struct kv_termios2 {
    uint32_t c_iflag; uint32_t c_oflag; uint32_t c_cflag; uint32_t c_lflag;
    uint8_t c_line; uint8_t c_cc[19]; uint32_t c_ispeed; uint32_t c_ospeed;
};

/* processes and scheduling */

struct kv_rlimit { uint64_t rlim_cur; uint64_t rlim_max; };
struct kv_rlimit64 { uint64_t rlim_cur; uint64_t rlim_max; };

struct kv_rusage {
    struct kv_timeval ru_utime; struct kv_timeval ru_stime;
    int64_t ru_maxrss; int64_t ru_ixrss; int64_t ru_idrss; int64_t ru_isrss;
    int64_t ru_minflt; int64_t ru_majflt; int64_t ru_nswap;
    int64_t ru_inblock; int64_t ru_oublock; int64_t ru_msgsnd; int64_t ru_msgrcv;
    int64_t ru_nsignals; int64_t ru_nvcsw; int64_t ru_nivcsw;
};

struct kv_sysinfo {
    int64_t uptime; uint64_t loads[3];
    uint64_t totalram; uint64_t freeram; uint64_t sharedram; uint64_t bufferram;
    uint64_t totalswap; uint64_t freeswap;
    uint16_t procs; uint16_t _pad0; uint32_t _pad1;
    uint64_t totalhigh; uint64_t freehigh; uint32_t mem_unit; uint32_t _pad2;
};

struct kv_utsname {
    char sysname[65]; char nodename[65]; char release[65];
    char version[65]; char machine[65]; char domainname[65];
};

struct kv_clone_args {
    uint64_t flags; uint64_t pidfd; uint64_t child_tid; uint64_t parent_tid;
    uint64_t exit_signal; uint64_t stack; uint64_t stack_size; uint64_t tls;
    uint64_t set_tid; uint64_t set_tid_size; uint64_t cgroup;
};

struct kv_futex_waitv { uint64_t val; uint64_t uaddr; uint32_t flags; uint32_t _pad0; };
struct kv_robust_list_head { uint64_t list; int64_t futex_offset; uint64_t list_op_pending; };
struct kv_rseq {
    uint32_t cpu_id_start; uint32_t cpu_id; uint64_t rseq_cs; uint32_t flags;
    uint32_t node_id; uint32_t mm_cid; uint32_t _pad0;
};
struct kv_rseq_cs {
    uint32_t version; uint32_t flags;
    uint64_t start_ip; uint64_t post_commit_offset; uint64_t abort_ip;
};
struct kv_sched_param { int32_t sched_priority; };
struct kv_sched_attr {
    uint32_t size; uint32_t sched_policy; uint64_t sched_flags;
    int32_t sched_nice; uint32_t sched_priority;
    uint64_t sched_runtime; uint64_t sched_deadline; uint64_t sched_period;
    uint32_t sched_util_min; uint32_t sched_util_max;
};

struct kv_cap_user_header { uint32_t version; int32_t pid; };
struct kv_cap_user_data { uint32_t effective; uint32_t permitted; uint32_t inheritable; };
struct kv_sock_filter { uint16_t code; uint8_t jt; uint8_t jf; uint32_t k; };
struct kv_sock_fprog { uint16_t len; uint16_t _pad0[3]; uint64_t filter; };
struct kv_seccomp_data {
    int32_t nr; uint32_t arch; uint64_t instruction_pointer; uint64_t args[6];
};

/* sockets; ports and addresses are in network byte order */

struct kv_sockaddr { uint16_t sa_family; char sa_data[14]; };
struct kv_sockaddr_un { uint16_t sun_family; char sun_path[108]; };
struct kv_sockaddr_in {
    uint16_t sin_family; uint16_t sin_port; uint32_t sin_addr; uint8_t _pad0[8];
};
struct kv_sockaddr_in6 {
    uint16_t sin6_family; uint16_t sin6_port; uint32_t sin6_flowinfo;
    uint8_t sin6_addr[16]; uint32_t sin6_scope_id;
};
struct kv_sockaddr_nl { uint16_t nl_family; uint16_t _pad0; uint32_t nl_pid; uint32_t nl_groups; };
struct kv_msghdr {
    uint64_t msg_name; int32_t msg_namelen; int32_t _pad0;
    uint64_t msg_iov; uint64_t msg_iovlen; uint64_t msg_control; uint64_t msg_controllen;
    uint32_t msg_flags; uint32_t _pad1;
};
struct kv_mmsghdr { struct kv_msghdr msg_hdr; uint32_t msg_len; uint32_t _pad0; };
struct kv_cmsghdr { uint64_t cmsg_len; int32_t cmsg_level; int32_t cmsg_type; };
struct kv_linger { int32_t l_onoff; int32_t l_linger; };
struct kv_ucred { int32_t pid; uint32_t uid; uint32_t gid; };
struct kv_ip_mreq { uint32_t imr_multiaddr; uint32_t imr_interface; };
struct kv_in_pktinfo { int32_t ipi_ifindex; uint32_t ipi_spec_dst; uint32_t ipi_addr; };

/* System V and POSIX message passing */

struct kv_ipc64_perm {
    int32_t key; uint32_t uid; uint32_t gid; uint32_t cuid; uint32_t cgid;
    uint32_t mode; uint16_t seq; uint16_t _pad0; uint32_t _pad1; uint64_t _pad2[2];
};
struct kv_shmid64_ds {
    struct kv_ipc64_perm shm_perm; uint64_t shm_segsz;
    int64_t shm_atime; int64_t shm_dtime; int64_t shm_ctime;
    int32_t shm_cpid; int32_t shm_lpid; uint64_t shm_nattch; uint64_t _pad0[2];
};
struct kv_semid64_ds_x86_64 {
    struct kv_ipc64_perm sem_perm;
    int64_t sem_otime; uint64_t _pad0; int64_t sem_ctime; uint64_t _pad1;
    uint64_t sem_nsems; uint64_t _pad2[2];
};
struct kv_semid64_ds_arm64 {
    struct kv_ipc64_perm sem_perm;
    int64_t sem_otime; int64_t sem_ctime; uint64_t sem_nsems; uint64_t _pad0[2];
};
struct kv_msqid64_ds {
    struct kv_ipc64_perm msg_perm; int64_t msg_stime; int64_t msg_rtime; int64_t msg_ctime;
    uint64_t msg_cbytes; uint64_t msg_qnum; uint64_t msg_qbytes;
    int32_t msg_lspid; int32_t msg_lrpid; uint64_t _pad0[2];
};
struct kv_sembuf { uint16_t sem_num; int16_t sem_op; int16_t sem_flg; };
struct kv_seminfo {
    int32_t semmap; int32_t semmni; int32_t semmns; int32_t semmnu; int32_t semmsl;
    int32_t semopm; int32_t semume; int32_t semusz; int32_t semvmx; int32_t semaem;
};
struct kv_shminfo64 {
    uint64_t shmmax; uint64_t shmmin; uint64_t shmmni; uint64_t shmseg; uint64_t shmall;
    uint64_t _pad0[4];
};
struct kv_msginfo {
    int32_t msgpool; int32_t msgmap; int32_t msgmax; int32_t msgmnb;
    int32_t msgmni; int32_t msgssz; int32_t msgtql; uint16_t msgseg; uint16_t _pad0;
};
struct kv_mq_attr {
    int64_t mq_flags; int64_t mq_maxmsg; int64_t mq_msgsize; int64_t mq_curmsgs; int64_t _pad0[4];
};

/* signals */

struct kv_sigaction {
    uint64_t sa_handler; uint64_t sa_flags; uint64_t sa_restorer; uint64_t sa_mask;
};
struct kv_stack { uint64_t ss_sp; uint32_t ss_flags; int32_t _pad0; uint64_t ss_size; };
struct kv_sigset_argpack { uint64_t p; uint64_t size; };

struct kv_sigevent {
    uint64_t sigev_value; int32_t sigev_signo; int32_t sigev_notify;
    int32_t sigev_notify_thread_id; int32_t _pad0[11];
};

/* siginfo_t is a union; here is one flat structure of 128 bytes for each kind. */
struct kv_siginfo {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0; uint8_t _pad1[112];
};
struct kv_siginfo_kill {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    int32_t si_pid; uint32_t si_uid; uint8_t _pad1[104];
};
struct kv_siginfo_rt {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    int32_t si_pid; uint32_t si_uid; uint64_t si_value; uint8_t _pad1[96];
};
struct kv_siginfo_timer {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    int32_t si_timerid; int32_t si_overrun; uint64_t si_value; int32_t si_sys_private;
    uint8_t _pad1[92];
};
struct kv_siginfo_chld {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    int32_t si_pid; uint32_t si_uid; int32_t si_status; int32_t _pad1;
    int64_t si_utime; int64_t si_stime; uint8_t _pad2[80];
};
struct kv_siginfo_fault {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    uint64_t si_addr; int16_t si_addr_lsb; int16_t _pad1[3];
    uint64_t si_lower; uint64_t si_upper; uint8_t _pad2[80];
};
struct kv_siginfo_poll {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    int64_t si_band; int32_t si_fd; uint8_t _pad1[100];
};
struct kv_siginfo_sys {
    int32_t si_signo; int32_t si_errno; int32_t si_code; int32_t _pad0;
    uint64_t si_call_addr; int32_t si_syscall; uint32_t si_arch; uint8_t _pad1[96];
};

struct kv_signalfd_siginfo {
    uint32_t ssi_signo; int32_t ssi_errno; int32_t ssi_code; uint32_t ssi_pid; uint32_t ssi_uid;
    int32_t ssi_fd; uint32_t ssi_tid; uint32_t ssi_band; uint32_t ssi_overrun;
    uint32_t ssi_trapno; int32_t ssi_status; int32_t ssi_int;
    uint64_t ssi_ptr; uint64_t ssi_utime; uint64_t ssi_stime; uint64_t ssi_addr;
    uint16_t ssi_addr_lsb; uint16_t _pad0; int32_t ssi_syscall; uint64_t ssi_call_addr;
    uint32_t ssi_arch; uint8_t _pad1[28];
};

/* x86_64: registers as the engine gives them, and the signal frame */

struct kv_regs_x86_64 {
    uint64_t rax; uint64_t rbx; uint64_t rcx; uint64_t rdx;
    uint64_t rsi; uint64_t rdi; uint64_t rbp; uint64_t rsp;
    uint64_t r8; uint64_t r9; uint64_t r10; uint64_t r11;
    uint64_t r12; uint64_t r13; uint64_t r14; uint64_t r15;
    uint64_t rip; uint64_t rflags; uint64_t fs_base; uint64_t gs_base;
};

struct kv_fpstate_x86_64 {
    uint16_t cwd; uint16_t swd; uint16_t twd; uint16_t fop; uint64_t rip; uint64_t rdp;
    uint32_t mxcsr; uint32_t mxcsr_mask; uint32_t st_space[32]; uint32_t xmm_space[64];
    uint32_t _pad0[12];
    uint32_t magic1; uint32_t extended_size; uint64_t xfeatures; uint32_t xstate_size;
    uint32_t _pad1[7];
};
struct kv_sigcontext_x86_64 {
    uint64_t r8; uint64_t r9; uint64_t r10; uint64_t r11;
    uint64_t r12; uint64_t r13; uint64_t r14; uint64_t r15;
    uint64_t rdi; uint64_t rsi; uint64_t rbp; uint64_t rbx;
    uint64_t rdx; uint64_t rax; uint64_t rcx; uint64_t rsp; uint64_t rip; uint64_t eflags;
    uint16_t cs; uint16_t gs; uint16_t fs; uint16_t ss;
    uint64_t err; uint64_t trapno; uint64_t oldmask; uint64_t cr2; uint64_t fpstate;
    uint64_t _pad0[8];
};
struct kv_ucontext_x86_64 {
    uint64_t uc_flags; uint64_t uc_link; struct kv_stack uc_stack;
    struct kv_sigcontext_x86_64 uc_mcontext; uint64_t uc_sigmask;
};
struct kv_rt_sigframe_x86_64 {
    uint64_t pretcode; struct kv_ucontext_x86_64 uc; uint8_t info[128];
};

/* arm64: registers as the engine gives them, and the signal frame */

struct kv_regs_arm64 {
    uint64_t x[31]; uint64_t sp; uint64_t pc; uint64_t pstate; uint64_t tpidr;
};

struct kv_aarch64_ctx { uint32_t magic; uint32_t size; };
struct kv_fpsimd_context {
    struct kv_aarch64_ctx head; uint32_t fpsr; uint32_t fpcr; uint8_t vregs[512];
};
struct kv_esr_context { struct kv_aarch64_ctx head; uint64_t esr; };
struct kv_extra_context {
    struct kv_aarch64_ctx head; uint64_t datap; uint32_t size; uint32_t _pad0[3];
};
struct kv_sigcontext_arm64 {
    uint64_t fault_address; uint64_t regs[31]; uint64_t sp; uint64_t pc; uint64_t pstate;
    uint64_t _pad0; uint8_t __reserved[4096];
};
struct kv_ucontext_arm64 {
    uint64_t uc_flags; uint64_t uc_link; struct kv_stack uc_stack; uint64_t uc_sigmask;
    uint8_t _pad0[120]; uint64_t _pad1; struct kv_sigcontext_arm64 uc_mcontext;
};
struct kv_rt_sigframe_arm64 { uint8_t info[128]; struct kv_ucontext_arm64 uc; };
struct kv_frame_record_arm64 { uint64_t fp; uint64_t lr; };
