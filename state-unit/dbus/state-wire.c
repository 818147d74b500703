/* SPDX-License-Identifier: MIT */

#include "state-wire-private.h"

#include "state-memory-private.h"

#include <string.h>
#include <unistd.h>

/* D-Bus knows no arrays of more bytes than 64 MiB; the rest of the message needs some. */
#define MESSAGE_MAX ((64 << 20) - 4096)

/* What others call their error domains is kept for ever: of names that this process
 * does not know, and of their length, there is a limit. */
#define NEW_DOMAINS_MAX 256
#define DOMAIN_LENGTH_MAX 256

static GVariant *
to_little_endian (GVariant *value)
{
  if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
    return g_variant_ref (value);
  return g_variant_byteswap (value);
}

/* Packing */

static GVariant *
pack_memory (GVariant *value, GUnixFDList **fds, GError **error)
{
  int fd = state_memory_store (value, error);
  int index;

  if (fd < 0)
    return NULL;
  if (*fds == NULL)
    *fds = g_unix_fd_list_new ();
  index = g_unix_fd_list_append (*fds, fd, error);
  close (fd);
  if (index < 0)
    return NULL;
  return g_variant_new ("(sht)", g_variant_get_type_string (value), index,
                        (guint64) g_variant_get_size (value));
}

static GVariant *
pack_inline (GVariant *value)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);

  return g_variant_new ("(s@ay)", g_variant_get_type_string (value),
                        g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

GVariant *
state_wire_pack_value (GVariant *value, GUnixFDList **fds, GError **error)
{
  g_autoptr (GVariant) own = to_little_endian (value);
  gsize size = g_variant_get_size (own);

  if (size <= STATE_WIRE_INLINE_MAX)
    return pack_inline (own);
  if (fds != NULL)
    return pack_memory (own, fds, error);
  if (size <= MESSAGE_MAX)
    return pack_inline (own);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "a value of %" G_GSIZE_FORMAT " bytes is too large for a connection that passes "
               "no file descriptors; the most is %d",
               size, MESSAGE_MAX);
  return NULL;
}

/* Unpacking */

/* Of which any bytes are some. */
static gboolean
is_array_of_numbers (const char *type)
{
  return type[0] == 'a' && strchr ("ynqiuxtd", type[1]) != NULL && type[2] == '\0';
}

/* What is small is looked through; what is large is looked at by whoever reads it, since
 * GVariant takes nothing for granted of it, and takes long to look through. */
static gboolean
is_sound (GVariant *value, const char *type, gsize size)
{
  if (g_variant_get_size (value) != size)
    return FALSE;
  if (is_array_of_numbers (type))
    return size == 0 || g_variant_n_children (value) > 0;
  return size > STATE_WIRE_INLINE_MAX || g_variant_is_normal_form (value);
}

static GVariant *
value_of_bytes (const char *type, GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) value = NULL;

  value = g_variant_ref_sink (g_variant_new_from_bytes ((const GVariantType *) type, bytes, FALSE));
  if (is_sound (value, type, g_bytes_get_size (bytes)))
    return to_little_endian (value);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "%" G_GSIZE_FORMAT " bytes are not a value of type %s", g_bytes_get_size (bytes),
               type);
  return NULL;
}

static GVariant *
unpack_memory (GVariant *packed, const char *type, GUnixFDList *fds, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  guint64 size;
  gint32 index;
  int n_fds;
  const int *all;

  g_variant_get_child (packed, 1, "h", &index);
  g_variant_get_child (packed, 2, "t", &size);
  all = fds != NULL ? g_unix_fd_list_peek_fds (fds, &n_fds) : NULL;
  if (all == NULL || index < 0 || index >= n_fds)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           "the file descriptor of a value is missing");
      return NULL;
    }
  bytes = state_memory_map (all[index], size, error);
  return bytes != NULL ? value_of_bytes (type, bytes, error) : NULL;
}

static GVariant *
unpack_inline (GVariant *packed, const char *type, GError **error)
{
  g_autoptr (GVariant) data = g_variant_get_child_value (packed, 1);
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (data);

  return value_of_bytes (type, bytes, error);
}

static gboolean
is_value_type (const char *type)
{
  return g_variant_type_string_is_valid (type) &&
         g_variant_type_is_definite ((const GVariantType *) type);
}

GVariant *
state_wire_unpack_value (GVariant *packed, GUnixFDList *fds, GError **error)
{
  gboolean in_memory = g_variant_is_of_type (packed, G_VARIANT_TYPE ("(sht)"));
  const char *type;

  if (!in_memory && !g_variant_is_of_type (packed, G_VARIANT_TYPE ("(say)")))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a value came as type %s",
                   g_variant_get_type_string (packed));
      return NULL;
    }
  g_variant_get_child (packed, 0, "&s", &type);
  if (!is_value_type (type))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a value is said to be of type %s",
                   type);
      return NULL;
    }
  return in_memory ? unpack_memory (packed, type, fds, error) : unpack_inline (packed, type, error);
}

/* Errors */

GVariant *
state_wire_pack_error (const GError *error)
{
  g_autofree char *message = g_utf8_make_valid (error->message, -1);

  return g_variant_new ("(ssi)", message, g_quark_to_string (error->domain), error->code);
}

/* 0: this process has learnt enough names. */
static GQuark
domain_of_name (const char *name)
{
  static gint n_new; /* atomic */
  GQuark domain = g_quark_try_string (name);

  if (domain != 0 || name[0] == '\0' || strlen (name) > DOMAIN_LENGTH_MAX ||
      g_atomic_int_get (&n_new) >= NEW_DOMAINS_MAX)
    return domain;
  g_atomic_int_inc (&n_new);
  return g_quark_from_string (name);
}

GError *
state_wire_unpack_error (GVariant *packed)
{
  const char *name, *message;
  GQuark domain;
  gint32 code;

  if (!g_variant_is_of_type (packed, G_VARIANT_TYPE ("(ssi)")))
    return NULL;
  g_variant_get (packed, "(&s&si)", &message, &name, &code);
  domain = domain_of_name (name);
  if (domain == 0)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);
  return g_error_new_literal (domain, code, message);
}
