/* libunicorn, found and loaded at run time: nothing depends on where the wheel put it. */
#include <dlfcn.h>
#include <stdio.h>

static char error_text[256];
static bool loaded;

static uc_err (*p_open)(uc_arch, uc_mode, uc_engine **);
static uc_err (*p_close)(uc_engine *);
static uc_err (*p_emu_start)(uc_engine *, uint64_t, uint64_t, uint64_t, size_t);
static uc_err (*p_emu_stop)(uc_engine *);
static uc_err (*p_reg_read)(uc_engine *, int, void *);
static uc_err (*p_reg_write)(uc_engine *, int, const void *);
static uc_err (*p_reg_read_batch)(uc_engine *, int *, void **, int);
static uc_err (*p_reg_write_batch)(uc_engine *, int *, void *const *, int);
static uc_err (*p_hook_add)(uc_engine *, uc_hook *, int, void *, void *, uint64_t, uint64_t, ...);
static uc_err (*p_mem_map_ptr)(uc_engine *, uint64_t, size_t, uint32_t, void *);
static uc_err (*p_context_alloc)(uc_engine *, uc_context **);
static uc_err (*p_context_save)(uc_engine *, uc_context *);
static uc_err (*p_context_restore)(uc_engine *, uc_context *);
static uc_err (*p_context_free)(uc_context *);
static const char *(*p_strerror)(uc_err);
static unsigned (*p_version)(unsigned *, unsigned *);
uc_err (*kv_uc_ctl)(uc_engine *, uc_control_type, ...);

/* steps.c */
static void find_originals(void *library);
static void enter_global_scope(void);

/* flags.c */
static void find_flag_originals(void *library);

const char *kv_error(void)
{
    return error_text;
}

/* A function of libunicorn, and the pointer to it. */
struct symbol {
    const char *name;
    void *where;
};

/* Set every pointer, NULL where there is no such function; the first name that is missing. */
static const char *find_symbols(void *library, const struct symbol *symbols, size_t count)
{
    const char *missing = NULL;
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        memcpy(symbols[i].where, &symbol, sizeof symbol);
        if (!symbol && !missing)
            missing = symbols[i].name;
    }
    return missing;
}

int kv_load(const char *path)
{
    if (loaded)
        return 0;
    enter_global_scope();
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(error_text, sizeof error_text, "%s", dlerror());
        return -1;
    }
    static const struct symbol symbols[] = {
        {"uc_open", &p_open},
        {"uc_close", &p_close},
        {"uc_emu_start", &p_emu_start},
        {"uc_emu_stop", &p_emu_stop},
        {"uc_reg_read", &p_reg_read},
        {"uc_reg_write", &p_reg_write},
        {"uc_reg_read_batch", &p_reg_read_batch},
        {"uc_reg_write_batch", &p_reg_write_batch},
        {"uc_hook_add", &p_hook_add},
        {"uc_mem_map_ptr", &p_mem_map_ptr},
        {"uc_context_alloc", &p_context_alloc},
        {"uc_context_save", &p_context_save},
        {"uc_context_restore", &p_context_restore},
        {"uc_context_free", &p_context_free},
        {"uc_strerror", &p_strerror},
        {"uc_ctl", &kv_uc_ctl},
        {"uc_version", &p_version},
    };
    const char *missing = find_symbols(library, symbols, sizeof symbols / sizeof *symbols);
    if (missing) {
        snprintf(error_text, sizeof error_text, "%s has no %s", path, missing);
        return -1;
    }
    find_originals(library);
    find_flag_originals(library);
    loaded = true;
    return 0;
}
