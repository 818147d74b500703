/* SPDX-License-Identifier: MIT */

/* Tells ThreadSanitizer what GLib orders.
 *
 * ThreadSanitizer sees the accesses and the locks of what was compiled for it. A
 * GLib of the distribution was not, and its locks are futexes of its own: all that
 * one thread hands to another through it would look like a race. So each function
 * of GLib's that orders threads is interposed here, and says so: what was done
 * before a release happens before what is done after an acquire at the same
 * address.
 *
 * It says no more than GLib promises, lest it hide races: an order that comes from
 * an atomic counter is told of for that counter, one from a lock for that lock.
 * The calls within libglib itself do not come by here, and need not: nobody but
 * GLib touches what they guard. What is kept in a GQueue or a GHashTable is not seen
 * for the same reason, while what the elements point to is. */

#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <gio/gio.h>
#include <sanitizer/tsan_interface.h>

/* The headers have these as macros, too. */
#undef g_object_ref
#undef g_object_ref_sink
#undef g_once_init_enter
#undef g_once_init_leave
#undef g_thread_pool_push

static gpointer
find_next (gpointer *next, const char *name)
{
  gpointer found = __atomic_load_n (next, __ATOMIC_RELAXED);

  if (found == NULL)
    {
      found = dlsym (RTLD_NEXT, name);
      __atomic_store_n (next, found, __ATOMIC_RELAXED);
    }
  return found;
}

/* GLib's own function, that this one stands before. */
#define NEXT(name)                                    \
  __extension__({                                     \
    static gpointer next_;                            \
                                                      \
    (__typeof__ (&(name))) find_next (&next_, #name); \
  })

static void
acquire (gconstpointer address)
{
  __tsan_acquire ((gpointer) address);
}

static void
release (gconstpointer address)
{
  __tsan_release ((gpointer) address);
}

/* --- Locks --- */

#define LOCK(Type, name) \
  void name (Type *lock) \
  {                      \
    NEXT (name) (lock);  \
    acquire (lock);      \
  }

#define TRY_LOCK(Type, name)              \
  gboolean name (Type *lock)              \
  {                                       \
    gboolean locked = NEXT (name) (lock); \
                                          \
    if (locked)                           \
      acquire (lock);                     \
    return locked;                        \
  }

#define UNLOCK(Type, name) \
  void name (Type *lock)   \
  {                        \
    release (lock);        \
    NEXT (name) (lock);    \
  }

LOCK (GMutex, g_mutex_lock)
TRY_LOCK (GMutex, g_mutex_trylock)
UNLOCK (GMutex, g_mutex_unlock)

LOCK (GRecMutex, g_rec_mutex_lock)
TRY_LOCK (GRecMutex, g_rec_mutex_trylock)
UNLOCK (GRecMutex, g_rec_mutex_unlock)

LOCK (GRWLock, g_rw_lock_writer_lock)
TRY_LOCK (GRWLock, g_rw_lock_writer_trylock)
UNLOCK (GRWLock, g_rw_lock_writer_unlock)
LOCK (GRWLock, g_rw_lock_reader_lock)
TRY_LOCK (GRWLock, g_rw_lock_reader_trylock)
UNLOCK (GRWLock, g_rw_lock_reader_unlock)

/* A condition orders nothing by itself: the mutex does. */
void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  release (mutex);
  NEXT (g_cond_wait) (cond, mutex);
  acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean signalled;

  release (mutex);
  signalled = NEXT (g_cond_wait_until) (cond, mutex, end_time);
  acquire (mutex);
  return signalled;
}

/* Who finds it done does so with an atomic load, in a header. */
gboolean (g_once_init_enter) (volatile void *location)
{
  gboolean mine = NEXT (g_once_init_enter) (location);

  acquire ((gconstpointer) location);
  return mine;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  release ((gconstpointer) location);
  NEXT (g_once_init_leave) (location, result);
}

/* --- Counted references: the last to leave comes after all the others --- */

#define REF(Type, name)           \
  Type name (Type counted)        \
  {                               \
    acquire (counted);            \
    release (counted);            \
    return NEXT (name) (counted); \
  }

#define UNREF(Type, name)  \
  void name (Type counted) \
  {                        \
    release (counted);     \
    acquire (counted);     \
    NEXT (name) (counted); \
  }

/* At the counter itself: whoever reads there that nobody else is left comes after
 * those who left. */
static guint *
counter_of (gpointer object)
{
  return (guint *) &((GObject *) object)->ref_count;
}

gpointer
g_object_ref (gpointer object)
{
  acquire (counter_of (object));
  release (counter_of (object));
  return NEXT (g_object_ref) (object);
}

gpointer
g_object_ref_sink (gpointer object)
{
  acquire (counter_of (object));
  release (counter_of (object));
  return NEXT (g_object_ref_sink) (object);
}

/* As g_datalist_get_flags() has it when there is a toggle reference, which is told of
 * when it is the last. */
#define HAS_TOGGLE_REFERENCE 1

/* Who is not the last to go leaves here, as GLib would have it leave: whoever is the
 * last has then seen all that the others released. */
static gboolean
leave_to_others (GObject *object)
{
  guint *counter = counter_of (object);
  guint count = __atomic_load_n (counter, __ATOMIC_SEQ_CST);

  if (g_datalist_get_flags (&object->qdata) & HAS_TOGGLE_REFERENCE)
    return FALSE;
  while (count > 1)
    if (__atomic_compare_exchange_n (counter, &count, count - 1, FALSE, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
      return TRUE;
  return FALSE;
}

void
g_object_unref (gpointer object)
{
  release (counter_of (object));
  if (leave_to_others (object))
    return;
  acquire (counter_of (object));
  NEXT (g_object_unref) (object);
}

REF (GVariant *, g_variant_ref)
REF (GVariant *, g_variant_ref_sink)
REF (GVariant *, g_variant_take_ref)
UNREF (GVariant *, g_variant_unref)

REF (GBytes *, g_bytes_ref)
UNREF (GBytes *, g_bytes_unref)

REF (GArray *, g_array_ref)
UNREF (GArray *, g_array_unref)
REF (GPtrArray *, g_ptr_array_ref)
UNREF (GPtrArray *, g_ptr_array_unref)
REF (GHashTable *, g_hash_table_ref)
UNREF (GHashTable *, g_hash_table_unref)

REF (GMainContext *, g_main_context_ref)
UNREF (GMainContext *, g_main_context_unref)
REF (GMainLoop *, g_main_loop_ref)
UNREF (GMainLoop *, g_main_loop_unref)
REF (GSource *, g_source_ref)
UNREF (GSource *, g_source_unref)

REF (char *, g_ref_string_acquire)
UNREF (char *, g_ref_string_release)

void (g_atomic_ref_count_inc) (gatomicrefcount *count)
{
  acquire (count);
  release (count);
  NEXT (g_atomic_ref_count_inc) (count);
}

gboolean (g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean is_last;

  release (count);
  is_last = NEXT (g_atomic_ref_count_dec) (count);
  if (is_last)
    acquire (count);
  return is_last;
}

/* --- Classes: made once, before the first object --- */

static char all_classes;

typedef struct
{
  GClassInitFunc init;
  gconstpointer data;
} ClassInit;

static void
init_class (gpointer klass, gpointer data)
{
  const ClassInit *real = data;

  acquire (&all_classes);
  real->init (klass, (gpointer) real->data);
  release (&all_classes);
}

static gpointer
class_init_new (GClassInitFunc init, gconstpointer data)
{
  ClassInit *real = g_new (ClassInit, 1);

  *real = (ClassInit){ init, data };
  return real;
}

GType
g_type_register_static_simple (GType parent,
                               const char *name,
                               guint class_size,
                               GClassInitFunc class_init,
                               guint instance_size,
                               GInstanceInitFunc instance_init,
                               GTypeFlags flags)
{
  const GTypeInfo info = {
    .class_size = class_size,
    .class_init = class_init != NULL ? init_class : NULL,
    .class_data = class_init != NULL ? class_init_new (class_init, NULL) : NULL,
    .instance_size = instance_size,
    .instance_init = instance_init,
  };

  return g_type_register_static (parent, name, &info, flags);
}

void
g_type_add_interface_static (GType type, GType interface, const GInterfaceInfo *info)
{
  GInterfaceInfo own = *info;

  if (info->interface_init != NULL)
    {
      own.interface_init = init_class;
      own.interface_data =
          class_init_new ((GClassInitFunc) info->interface_init, info->interface_data);
    }
  NEXT (g_type_add_interface_static) (type, interface, &own);
}

gpointer
g_type_class_ref (GType type)
{
  gpointer klass = NEXT (g_type_class_ref) (type);

  acquire (&all_classes);
  return klass;
}

gpointer
g_object_new (GType type, const char *first_property_name, ...)
{
  gpointer klass = g_type_class_ref (type);
  GObject *object;
  va_list args;

  va_start (args, first_property_name);
  object = g_object_new_valist (type, first_property_name, args);
  va_end (args);
  g_type_class_unref (klass);
  return object;
}

GObject *
g_object_new_with_properties (GType type, guint n, const char *names[], const GValue values[])
{
  gpointer klass = g_type_class_ref (type);
  GObject *object = NEXT (g_object_new_with_properties) (type, n, names, values);

  g_type_class_unref (klass);
  return object;
}

/* --- Main contexts: one thread after the other --- */

static GMainContext *
context_or_default (GMainContext *context)
{
  return context != NULL ? context : g_main_context_default ();
}

gboolean
g_main_context_acquire (GMainContext *context)
{
  gboolean acquired = NEXT (g_main_context_acquire) (context);

  if (acquired)
    acquire (context_or_default (context));
  return acquired;
}

void
g_main_context_release (GMainContext *context)
{
  release (context_or_default (context));
  NEXT (g_main_context_release) (context);
}

void
g_main_context_push_thread_default (GMainContext *context)
{
  NEXT (g_main_context_push_thread_default) (context);
  acquire (context_or_default (context));
}

void
g_main_context_pop_thread_default (GMainContext *context)
{
  release (context_or_default (context));
  NEXT (g_main_context_pop_thread_default) (context);
}

gboolean
g_main_context_iteration (GMainContext *context, gboolean may_block)
{
  gboolean dispatched;

  acquire (context_or_default (context));
  dispatched = NEXT (g_main_context_iteration) (context, may_block);
  release (context_or_default (context));
  return dispatched;
}

void
g_main_loop_run (GMainLoop *loop)
{
  GMainContext *context = g_main_loop_get_context (loop);

  acquire (context);
  NEXT (g_main_loop_run) (loop);
  acquire (loop);
  release (context);
}

void
g_main_loop_quit (GMainLoop *loop)
{
  release (loop);
  NEXT (g_main_loop_quit) (loop);
}

/* --- Sources: what was attached is seen by whoever dispatches it --- */

typedef struct
{
  GSourceFuncs own;
  GSourceFuncs *real;
} SourceFuncs;

/* Around each of them, GLib takes the lock of the main context, as does whoever
 * attaches or destroys a source. */
static GSourceFuncs *
enter_source (GSource *source)
{
  acquire (source);
  return ((SourceFuncs *) source->source_funcs)->real;
}

static gboolean
leave_source (GSource *source, gboolean result)
{
  release (source);
  return result;
}

static gboolean
prepare_source (GSource *source, int *timeout)
{
  return leave_source (source, enter_source (source)->prepare (source, timeout));
}

static gboolean
check_source (GSource *source)
{
  return leave_source (source, enter_source (source)->check (source));
}

static gboolean
dispatch_source (GSource *source, GSourceFunc func, gpointer data)
{
  return leave_source (source, enter_source (source)->dispatch (source, func, data));
}

static void
finalize_source (GSource *source)
{
  acquire (source);
  ((SourceFuncs *) source->source_funcs)->real->finalize (source);
}

/* The functions stay until the program ends: a source may be used until then. */
GSource *
g_source_new (GSourceFuncs *real, guint size)
{
  SourceFuncs *funcs = g_new0 (SourceFuncs, 1);

  funcs->real = real;
  funcs->own = *real;
  funcs->own.prepare = real->prepare != NULL ? prepare_source : NULL;
  funcs->own.check = real->check != NULL ? check_source : NULL;
  funcs->own.dispatch = real->dispatch != NULL ? dispatch_source : NULL;
  funcs->own.finalize = real->finalize != NULL ? finalize_source : NULL;
  return NEXT (g_source_new) (&funcs->own, size);
}

guint
g_source_attach (GSource *source, GMainContext *context)
{
  release (source);
  return NEXT (g_source_attach) (source, context);
}

void
g_source_destroy (GSource *source)
{
  release (source);
  acquire (source);
  NEXT (g_source_destroy) (source);
}

typedef struct
{
  int ref_count; /* atomic */
  GSourceFunc func;
  gpointer data;
  GDestroyNotify notify;
} Callback;

static void
callback_ref (gpointer data)
{
  __atomic_add_fetch (&((Callback *) data)->ref_count, 1, __ATOMIC_SEQ_CST);
}

static void
callback_unref (gpointer data)
{
  Callback *callback = data;

  release (callback);
  if (__atomic_sub_fetch (&callback->ref_count, 1, __ATOMIC_SEQ_CST) > 0)
    return;
  acquire (callback);
  if (callback->notify != NULL)
    callback->notify (callback->data);
  g_free (callback);
}

/* Called by whoever dispatches, just before. */
static void
callback_get (gpointer data, GSource *source, GSourceFunc *func, gpointer *func_data)
{
  Callback *callback = data;

  acquire (callback);
  acquire (source);
  *func = callback->func;
  *func_data = callback->data;
}

void
g_source_set_callback (GSource *source, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  static GSourceCallbackFuncs funcs = { callback_ref, callback_unref, callback_get };
  Callback *callback = g_new (Callback, 1);

  *callback = (Callback){ 1, func, data, notify };
  release (callback);
  g_source_set_callback_indirect (source, callback, &funcs);
}

static guint
add_source (GSource *source, int priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  guint id;

  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, notify);
  id = g_source_attach (source, NULL);
  g_source_unref (source);
  return id;
}

guint
g_idle_add_full (int priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  return add_source (g_idle_source_new (), priority, func, data, notify);
}

guint
g_idle_add (GSourceFunc func, gpointer data)
{
  return g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, func, data, NULL);
}

guint
g_timeout_add_full (int priority, guint ms, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  return add_source (g_timeout_source_new (ms), priority, func, data, notify);
}

guint
g_timeout_add (guint ms, GSourceFunc func, gpointer data)
{
  return g_timeout_add_full (G_PRIORITY_DEFAULT, ms, func, data, NULL);
}

/* Later, even where GLib would call it at once. */
void
g_main_context_invoke_full (GMainContext *context,
                            int priority,
                            GSourceFunc func,
                            gpointer data,
                            GDestroyNotify notify)
{
  GSource *source;

  if (g_main_context_is_owner (context_or_default (context)))
    {
      NEXT (g_main_context_invoke_full) (context, priority, func, data, notify);
      return;
    }
  source = g_idle_source_new ();
  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, notify);
  g_source_attach (source, context);
  g_source_unref (source);
}

void
g_main_context_invoke (GMainContext *context, GSourceFunc func, gpointer data)
{
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, func, data, NULL);
}

/* --- Hand-overs --- */

void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  release (queue);
  NEXT (g_async_queue_push) (queue, data);
}

gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data = NEXT (g_async_queue_pop) (queue);

  acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data = NEXT (g_async_queue_try_pop) (queue);

  acquire (queue);
  return data;
}

typedef struct
{
  GFunc func;
  gpointer user_data;
} PoolFunc;

static void
run_in_pool (gpointer task, gpointer data)
{
  const PoolFunc *real = data;

  acquire (task);
  real->func (task, real->user_data);
}

GThreadPool *
g_thread_pool_new (GFunc func, gpointer user_data, int max, gboolean exclusive, GError **error)
{
  PoolFunc *real = g_new (PoolFunc, 1);

  *real = (PoolFunc){ func, user_data };
  return NEXT (g_thread_pool_new) (run_in_pool, real, max, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer task, GError **error)
{
  release (task);
  return NEXT (g_thread_pool_push) (pool, task, error);
}

void
g_cancellable_cancel (GCancellable *cancellable)
{
  if (cancellable != NULL)
    release (cancellable);
  NEXT (g_cancellable_cancel) (cancellable);
}

gboolean
g_cancellable_is_cancelled (GCancellable *cancellable)
{
  gboolean cancelled = NEXT (g_cancellable_is_cancelled) (cancellable);

  if (cancelled)
    acquire (cancellable);
  return cancelled;
}
