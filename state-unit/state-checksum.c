/* SPDX-License-Identifier: MIT */

#include "state-checksum.h"

#include <string.h>

/* CRC-64/XZ: the polynomial of ECMA-182 (its annex B), bits reflected, all bits
 * set before and inverted after; see
 * https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-64-xz
 * It takes eight bytes at a step: M. Kounavis and F. Berry, "A Systematic
 * Approach to Building High Performance, Software-based, CRC Generators", 2005. */
#define POLYNOMIAL G_GUINT64_CONSTANT (0xc96c5795d7870f42)

static guint64 tables[8][256];

static void
fill_tables (void)
{
  for (guint byte = 0; byte < 256; byte++)
    {
      guint64 crc = byte;

      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
      tables[0][byte] = crc;
    }

  for (guint table = 1; table < 8; table++)
    for (guint byte = 0; byte < 256; byte++)
      {
        guint64 crc = tables[table - 1][byte];

        tables[table][byte] = tables[0][crc & 0xff] ^ (crc >> 8);
      }
}

static void
ensure_tables (void)
{
  static gsize filled = 0;

  if (g_once_init_enter (&filled))
    {
      fill_tables ();
      g_once_init_leave (&filled, 1);
    }
}

/* The checksum of @size bytes, the same on every machine. */
guint64
state_checksum (gconstpointer data, gsize size)
{
  const guint8 *bytes = data;
  guint64 crc = G_MAXUINT64;

  ensure_tables ();

  for (; size >= 8; size -= 8, bytes += 8)
    {
      guint64 word;

      memcpy (&word, bytes, sizeof (word));
      crc ^= GUINT64_FROM_LE (word);
      crc = tables[7][crc & 0xff] ^ tables[6][(crc >> 8) & 0xff] ^ tables[5][(crc >> 16) & 0xff] ^
            tables[4][(crc >> 24) & 0xff] ^ tables[3][(crc >> 32) & 0xff] ^
            tables[2][(crc >> 40) & 0xff] ^ tables[1][(crc >> 48) & 0xff] ^ tables[0][crc >> 56];
    }

  for (; size > 0; size--, bytes++)
    crc = tables[0][(crc ^ *bytes) & 0xff] ^ (crc >> 8);

  return ~crc;
}
