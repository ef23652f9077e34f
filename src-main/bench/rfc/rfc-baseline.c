/*
 * The algorithm of the Dynamic NUMA RFC (v3, 2013), as the yardstick of mm.bench.ts. Written from a description of the
 * algorithm; no kernel source is used.
 *
 * Kept as in the RFC: a 64-byte struct page with node, zone and LookupNode in its flags; doubly linked free lists per
 * (node, zone, order); the layout as a red-black tree of ranges with one cached range; a commit as its separate passes
 * (online, publish, mark, recount, move, drain, refresh), each over every page of every range; the lookup on free.
 * Where this differs, it is to the baseline's favour or for equal results:
 *   (a) blocks that straddle a range boundary, or come to straddle one by merging during the move, are cut into maximal
 *       aligned pieces and each goes to its own node (the posted code leaves them on a wrong node), so that the end
 *       state equals the engine's;
 *   (b) no locks, no atomic flag updates, no RCU grace period, no stop_machine for zonelists: all of them cost nothing;
 *   (c) struct pages lie in 2 MiB mappings where the system allows it, as the kernel's own do;
 *   (d) one migrate type; every pfn below max_pfn is valid.
 *
 * Reads one command a line on stdin, answers one JSON object a line on stdout; see main(). Times are CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef uint32_t u32;
typedef uint64_t u64;

enum { MAX_PAGE_ORDER = 10, NR_ORDERS = 11, NR_ZONES = 3, MAX_NODES = 8, NR_CPUS = 8, MEMORY_BLOCK_PAGES = 32768 };

static void die(const char *what) {
  fprintf(stderr, "rfc-baseline: %s\n", what);
  exit(2);
}

static u64 now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/* ---- the engine's generator (sfc32), so that both sides draw the same pages ---- */

static u32 prng[4];

static u32 prng_u32(void) {
  u32 a = prng[0], b = prng[1], c = prng[2], result = a + b + prng[3];
  prng[3]++;
  prng[0] = b ^ (b >> 9);
  prng[1] = c + (c << 3);
  prng[2] = ((c << 21) | (c >> 11)) + result;
  return result;
}

static void prng_seed(u32 seed, const char *stream) {
  u32 h = 0x811c9dc5;
  for (; *stream; stream++) h = (h ^ (unsigned char)*stream) * 0x01000193u;
  prng[0] = seed;
  prng[1] = h;
  prng[2] = 0x9e3779b9;
  prng[3] = 1;
  for (int i = 0; i < 15; i++) prng_u32();
}

static u32 prng_below(u32 n) {
  u64 limit = (1ull << 32) - (1ull << 32) % n;
  u32 x = prng_u32();
  while (x >= limit) x = prng_u32();
  return x % n;
}

/* ---- pages, zones, nodes ---- */

struct list_head {
  struct list_head *next, *prev;
};

static void list_init(struct list_head *list) { list->next = list->prev = list; }

static void list_add(struct list_head *item, struct list_head *list) {
  item->next = list->next;
  item->prev = list;
  list->next->prev = item;
  list->next = item;
}

static void list_del(struct list_head *item) {
  item->next->prev = item->prev;
  item->prev->next = item->next;
}

#define PG_RESERVED (1ull << 0)
#define PG_BUDDY (1ull << 1)
#define PG_LOOKUP_NODE (1ull << 2)
#define ZONE_SHIFT 48
#define NID_SHIFT 52
#define NID_MASK (0xfffull << NID_SHIFT)

struct page {
  u64 flags;
  int32_t count;
  int32_t mapcount;
  void *mapping;
  u64 index;
  struct list_head lru;
  u64 order; /* of a free block, at its head */
  u64 unused;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct page) == 64, "struct page is 64 bytes");

struct zone {
  struct list_head free_list[NR_ORDERS];
  u64 nr_free[NR_ORDERS];
  u64 free_pages, present_pages, managed_pages;
  u64 span_start, span_end; /* empty when equal */
  bool initialised;
  u64 watermark[3];
  u32 pcp_batch, pcp_high;
  struct list_head pcp[NR_CPUS];
};

struct node {
  bool online, has_memory;
  int nr_zones;
  u64 present_pages;
  struct zone zones[NR_ZONES];
};

static struct page *mem_map;
static size_t mem_map_bytes;
static u32 max_pfn;
static struct node nodes[MAX_NODES];
static u64 moved_pages, zonelist_rebuilds, lookup_hits, lookup_misses;

static int page_nid(const struct page *page) { return (int)(page->flags >> NID_SHIFT); }
static int page_zonenum(const struct page *page) { return (int)((page->flags >> ZONE_SHIFT) & 3); }
static struct zone *page_zone(const struct page *page) { return &nodes[page_nid(page)].zones[page_zonenum(page)]; }
static void set_page_nid(struct page *page, int nid) { page->flags = (page->flags & ~NID_MASK) | ((u64)nid << NID_SHIFT); }

static void zone_init(int nid, int zonenum) {
  struct zone *zone = &nodes[nid].zones[zonenum];
  if (zone->initialised) return;
  zone->initialised = true;
  for (int o = 0; o < NR_ORDERS; o++) list_init(&zone->free_list[o]);
  for (int c = 0; c < NR_CPUS; c++) list_init(&zone->pcp[c]);
  if (nodes[nid].nr_zones < zonenum + 1) nodes[nid].nr_zones = zonenum + 1;
}

/* ---- buddy allocator: LIFO lists, eager merging up to order 10 ---- */

static void free_list_add(struct zone *zone, struct page *page, int order) {
  list_add(&page->lru, &zone->free_list[order]);
  page->order = (u64)order;
  page->flags |= PG_BUDDY;
  zone->nr_free[order]++;
}

static void free_list_del(struct zone *zone, struct page *page, int order) {
  list_del(&page->lru);
  page->flags &= ~PG_BUDDY;
  zone->nr_free[order]--;
}

static void buddy_free(struct zone *zone, u32 pfn, int order) {
  u64 zone_id = mem_map[pfn].flags >> ZONE_SHIFT;
  zone->free_pages += 1u << order;
  while (order < MAX_PAGE_ORDER) {
    u32 buddy_pfn = pfn ^ (1u << order);
    if (buddy_pfn >= max_pfn) break;
    struct page *buddy = &mem_map[buddy_pfn];
    if (!(buddy->flags & PG_BUDDY) || buddy->order != (u64)order || buddy->flags >> ZONE_SHIFT != zone_id) break;
    free_list_del(zone, buddy, order);
    pfn &= buddy_pfn;
    order++;
  }
  free_list_add(zone, &mem_map[pfn], order);
}

/* The head of the free block that contains pfn, or NULL. */
static struct page *buddy_head(u32 pfn, int min_order) {
  for (int order = min_order; order <= MAX_PAGE_ORDER; order++) {
    struct page *head = &mem_map[pfn & ~((1u << order) - 1)];
    if ((head->flags & PG_BUDDY) && head->order == (u64)order) return head;
  }
  return NULL;
}

/* Takes exactly [pfn, pfn + 2^order), which lies in one free block, putting the halves it does not need on the lists. */
static bool hold_block(u32 pfn, int order) {
  struct page *head = buddy_head(pfn, order);
  if (!head) return false;
  struct zone *zone = page_zone(head);
  int high = (int)head->order;
  u32 start = (u32)(head - mem_map);
  free_list_del(zone, head, high);
  while (high > order) {
    high--;
    u32 upper = start + (1u << high);
    bool keep_upper = pfn >= upper;
    free_list_add(zone, &mem_map[keep_upper ? start : upper], high);
    if (keep_upper) start = upper;
  }
  zone->free_pages -= 1u << order;
  mem_map[pfn].count = 1;
  return true;
}

/* ---- memlayout: a red-black tree of ranges, and the range found last ---- */

struct range {
  struct range *parent, *left, *right;
  u32 start, end; /* half-open */
  int nid;
  bool red;
};

struct memlayout {
  struct range *root, *cache;
  u32 nr_ranges;
  bool initial; /* lookups on the boot layout answer "no node" */
};

static struct memlayout *layout;

static void rotate(struct memlayout *ml, struct range *x, bool left) {
  struct range *y = left ? x->right : x->left;
  struct range *inner = left ? y->left : y->right;
  if (left) x->right = inner;
  else x->left = inner;
  if (inner) inner->parent = x;
  y->parent = x->parent;
  if (!x->parent) ml->root = y;
  else if (x->parent->left == x) x->parent->left = y;
  else x->parent->right = y;
  if (left) y->left = x;
  else y->right = x;
  x->parent = y;
}

static void rebalance_after_insert(struct memlayout *ml, struct range *x) {
  while (x->parent && x->parent->red) {
    struct range *parent = x->parent, *grand = parent->parent;
    bool left = grand->left == parent;
    struct range *uncle = left ? grand->right : grand->left;
    if (uncle && uncle->red) {
      parent->red = uncle->red = false;
      grand->red = true;
      x = grand;
      continue;
    }
    if (x == (left ? parent->right : parent->left)) {
      rotate(ml, parent, left);
      parent = x;
    }
    parent->red = false;
    grand->red = true;
    rotate(ml, grand, !left);
    break;
  }
  ml->root->red = false;
}

static bool new_range(struct memlayout *ml, u32 start, u32 end, int nid) {
  struct range **link = &ml->root, *parent = NULL;
  while (*link) {
    parent = *link;
    if (end <= parent->start) link = &parent->left;
    else if (start >= parent->end) link = &parent->right;
    else return false;
  }
  struct range *range = calloc(1, sizeof *range);
  if (!range) die("out of memory");
  *range = (struct range){.parent = parent, .start = start, .end = end, .nid = nid, .red = true};
  *link = range;
  ml->nr_ranges++;
  rebalance_after_insert(ml, range);
  return true;
}

static struct memlayout *new_layout(void) {
  struct memlayout *ml = calloc(1, sizeof *ml);
  if (!ml) die("out of memory");
  return ml;
}

static void destroy_ranges(struct range *range) {
  if (!range) return;
  destroy_ranges(range->left);
  destroy_ranges(range->right);
  free(range);
}

static void destroy_layout(struct memlayout *ml) {
  if (!ml) return;
  destroy_ranges(ml->root);
  free(ml);
}

static struct range *first_range(const struct memlayout *ml) {
  struct range *range = ml->root;
  while (range && range->left) range = range->left;
  return range;
}

static struct range *next_range(struct range *range) {
  if (range->right) {
    range = range->right;
    while (range->left) range = range->left;
    return range;
  }
  while (range->parent && range->parent->right == range) range = range->parent;
  return range->parent;
}

static struct range *find_range(struct memlayout *ml, u32 pfn) {
  struct range *range = ml->cache;
  if (range && pfn >= range->start && pfn < range->end) {
    lookup_hits++;
    return range;
  }
  lookup_misses++;
  for (range = ml->root; range; range = pfn < range->start ? range->left : range->right)
    if (pfn >= range->start && pfn < range->end) break;
  if (range) ml->cache = range;
  return range;
}

static int lookup(u32 pfn) {
  if (!layout || layout->initial) return -1;
  struct range *range = find_range(layout, pfn);
  return range ? range->nid : -1;
}

/* ---- transplant ---- */

static void grow_span(struct zone *zone, u32 start, u32 end) {
  if (zone->span_start == zone->span_end) {
    zone->span_start = start;
    zone->span_end = end;
    zonelist_rebuilds++;
    return;
  }
  if (start < zone->span_start) zone->span_start = start;
  if (end > zone->span_end) zone->span_end = end;
}

/* Gives the free block, which is on no list, to node nid. */
static void add_to_node(u32 pfn, int order, int nid) {
  struct zone *zone = &nodes[nid].zones[page_zonenum(&mem_map[pfn])];
  u32 end = pfn + (1u << order);
  grow_span(zone, pfn, end);
  for (u32 p = pfn; p < end; p++) set_page_nid(&mem_map[p], nid);
  buddy_free(zone, pfn, order);
  moved_pages += 1u << order;
  nodes[nid].has_memory = true;
}

/* Gives each part of the block to the node of its range; parts that are already there go back to their own lists. */
static void add_by_range(u32 pfn, int order, struct range *range) {
  u32 end = pfn + (1u << order);
  while (pfn < end) {
    while (range->end <= pfn) range = next_range(range);
    u32 limit = range->end < end ? range->end : end;
    int piece = 0;
    while (piece < order && !(pfn & (1u << piece)) && pfn + (2u << piece) <= limit) piece++;
    struct page *page = &mem_map[pfn];
    if (page_nid(page) == range->nid) buddy_free(page_zone(page), pfn, piece);
    else add_to_node(pfn, piece, range->nid);
    pfn += 1u << piece;
  }
}

/* Frees a block straight to the buddy lists. Its head alone carries the question whether its node may have changed. */
static void free_block(u32 pfn, int order) {
  struct page *page = &mem_map[pfn];
  page->count = 0;
  if (page->flags & PG_LOOKUP_NODE) {
    page->flags &= ~PG_LOOKUP_NODE;
    struct range *range = layout && !layout->initial ? find_range(layout, pfn) : NULL;
    if (range && pfn + (1u << order) > range->end) {
      add_by_range(pfn, order, range);
      return;
    }
    if (range && range->nid != page_nid(page)) {
      add_to_node(pfn, order, range->nid);
      return;
    }
  }
  buddy_free(page_zone(page), pfn, order);
}

/* An order-0 free by a cpu: a page that must move bypasses the per-cpu list. */
static void free_page_on_cpu(u32 pfn, int cpu) {
  struct page *page = &mem_map[pfn];
  if (page->flags & PG_LOOKUP_NODE) free_block(pfn, 0);
  else list_add(&page->lru, &page_zone(page)->pcp[cpu]);
}

/* ---- commit, pass by pass ---- */

enum { PASS_BUILD, PASS_ONLINE, PASS_PUBLISH, PASS_MARK, PASS_COUNT, PASS_MOVE, PASS_DRAIN, PASS_REFRESH, NR_PASSES };
static const char *const pass_names[NR_PASSES] = {"build", "online", "publish", "mark", "count", "move", "drain", "refresh"};
static u64 pass_ns[NR_PASSES];

static void expand_holes(struct memlayout *ml) {
  struct range *range = first_range(ml), *next;
  range->start = 0;
  for (; (next = next_range(range)); range = next) range->end = next->start;
  if (range->end < max_pfn) range->end = max_pfn;
}

static u32 range_limit(const struct range *range) { return range->end < max_pfn ? range->end : max_pfn; }

static void online_nodes(struct memlayout *ml) {
  for (struct range *range = first_range(ml); range; range = next_range(range)) {
    nodes[range->nid].online = true;
    for (u32 pfn = range->start; pfn < range_limit(range); pfn++) zone_init(range->nid, page_zonenum(&mem_map[pfn]));
  }
}

static void mark_pages(struct memlayout *ml) {
  for (struct range *range = first_range(ml); range; range = next_range(range))
    for (u32 pfn = range->start; pfn < range_limit(range); pfn++) mem_map[pfn].flags |= PG_LOOKUP_NODE;
}

static u64 isqrt(u64 x) {
  u64 r = 0;
  for (u64 bit = 1ull << 31; bit; bit >>= 1)
    if ((r + bit) * (r + bit) <= x) r += bit;
  return r;
}

static void set_watermarks(void) {
  u64 total = 0;
  for (int n = 0; n < MAX_NODES; n++)
    for (int z = 0; z < NR_ZONES; z++) total += nodes[n].zones[z].managed_pages;
  u64 min_free_kib = isqrt(total * 4 * 16);
  if (min_free_kib < 128) min_free_kib = 128;
  if (min_free_kib > 65536) min_free_kib = 65536;
  for (int n = 0; n < MAX_NODES; n++)
    for (int z = 0; z < NR_ZONES; z++) {
      struct zone *zone = &nodes[n].zones[z];
      u64 min = total ? min_free_kib / 4 * zone->managed_pages / total : 0;
      zone->watermark[0] = min;
      zone->watermark[1] = min + min / 4;
      zone->watermark[2] = min + min / 2;
      u64 batch = zone->managed_pages / 1024;
      if (batch > 128) batch = 128;
      batch = batch / 4 ? batch / 4 : 1;
      u64 power = 1;
      while (power * 2 <= batch + batch / 2) power *= 2;
      zone->pcp_batch = (u32)(power - 1 ? power - 1 : 1);
      zone->pcp_high = (u32)(6 * (power - 1));
    }
}

static void update_counts(struct memlayout *ml) {
  u64 present[MAX_NODES][NR_ZONES] = {0}, managed[MAX_NODES][NR_ZONES] = {0};
  struct range *range = first_range(ml);
  for (u32 pfn = 0; pfn < max_pfn; pfn++) {
    if (pfn >= range->end) range = next_range(range);
    const struct page *page = &mem_map[pfn];
    present[range->nid][page_zonenum(page)]++;
    if (!(page->flags & PG_RESERVED)) managed[range->nid][page_zonenum(page)]++;
  }
  for (int n = 0; n < MAX_NODES; n++) {
    nodes[n].present_pages = 0;
    for (int z = 0; z < nodes[n].nr_zones; z++) {
      nodes[n].zones[z].present_pages = present[n][z];
      nodes[n].zones[z].managed_pages = managed[n][z];
      nodes[n].present_pages += present[n][z];
    }
  }
  set_watermarks();
}

/* Takes a free block off its list, as a commit does before it gives the block away. */
static void isolate_block(struct page *head, int order) {
  struct zone *zone = page_zone(head);
  free_list_del(zone, head, order);
  zone->free_pages -= 1u << order;
  for (struct page *page = head; page < head + (1u << order); page++) page->flags &= ~PG_LOOKUP_NODE;
}

/*
 * A block given to its new node may merge with a free neighbour in the next range that is still to be moved from that
 * node. The posted code then never finds the neighbour; here the merged block is cut when the walk enters the range.
 * Returns where the walk goes on.
 */
static u32 cut_block_across(struct memlayout *ml, u32 pfn) {
  if (pfn >= max_pfn || (mem_map[pfn].flags & PG_BUDDY)) return pfn;
  struct page *head = buddy_head(pfn, 0);
  if (!head) return pfn;
  u32 start = (u32)(head - mem_map);
  int order = (int)head->order;
  isolate_block(head, order);
  add_by_range(start, order, find_range(ml, start));
  return start + (1u << order);
}

static void move_free_pages(struct memlayout *ml) {
  u32 pfn = 0;
  for (struct range *range = first_range(ml); range; range = next_range(range)) {
    pfn = cut_block_across(ml, pfn);
    while (pfn < range_limit(range)) {
      struct page *page = &mem_map[pfn];
      if (!(page->flags & PG_BUDDY)) {
        pfn++;
        continue;
      }
      int order = (int)page->order;
      u32 end = pfn + (1u << order);
      bool straddles = end > range->end;
      if (!straddles && page_nid(page) == range->nid) {
        pfn++;
        continue;
      }
      isolate_block(page, order);
      if (straddles) add_by_range(pfn, order, range);
      else add_to_node(pfn, order, range->nid);
      pfn = end;
    }
  }
}

static void drain_pages(void) {
  for (int n = 0; n < MAX_NODES; n++)
    for (int z = 0; z < nodes[n].nr_zones; z++)
      for (int c = 0; nodes[n].zones[z].initialised && c < NR_CPUS; c++) {
        struct list_head *list = &nodes[n].zones[z].pcp[c];
        while (list->next != list) {
          struct page *page = (struct page *)((char *)list->next - offsetof(struct page, lru));
          list_del(&page->lru);
          free_block((u32)(page - mem_map), 0);
        }
      }
}

static u32 *memory_block_links; /* set of nids under which each 128 MiB block is linked */

static void refresh_memory_blocks(struct memlayout *ml) {
  for (u32 start = 0; start < max_pfn; start += MEMORY_BLOCK_PAGES) {
    u32 links = 0;
    for (struct range *range = find_range(ml, start); range && range->start < start + MEMORY_BLOCK_PAGES; range = next_range(range))
      links |= 1u << range->nid;
    memory_block_links[start / MEMORY_BLOCK_PAGES] = links;
  }
}

static void commit(struct memlayout *ml) {
  u64 t = now_ns();
#define PASS(pass, work)                     \
  do {                                       \
    work;                                    \
    u64 done_ = now_ns();                    \
    pass_ns[pass] = done_ - t;               \
    t = done_;                               \
  } while (0)
  PASS(PASS_ONLINE, (expand_holes(ml), online_nodes(ml)));
  struct memlayout *old = layout;
  PASS(PASS_PUBLISH, (layout = ml, destroy_layout(old)));
  PASS(PASS_MARK, mark_pages(ml));
  PASS(PASS_COUNT, update_counts(ml));
  PASS(PASS_MOVE, move_free_pages(ml));
  PASS(PASS_DRAIN, drain_pages());
  PASS(PASS_REFRESH, refresh_memory_blocks(ml));
#undef PASS
}

/* ---- boot: all memory on node 0 ---- */

static void boot(u32 nr_pages, u32 reserved_pages, u32 dma32_start, u32 normal_start) {
  if (mem_map) munmap(mem_map, mem_map_bytes);
  free(memory_block_links);
  destroy_layout(layout);
  memset(nodes, 0, sizeof nodes);
  moved_pages = zonelist_rebuilds = lookup_hits = lookup_misses = 0;
  max_pfn = nr_pages;
  mem_map_bytes = (size_t)nr_pages * sizeof(struct page);
  mem_map = mmap(NULL, mem_map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mem_map == MAP_FAILED) die("out of memory");
  madvise(mem_map, mem_map_bytes, MADV_HUGEPAGE);
  memory_block_links = calloc(nr_pages / MEMORY_BLOCK_PAGES + 1, sizeof *memory_block_links);
  for (u32 pfn = 0; pfn < nr_pages; pfn++) {
    u64 zone = pfn >= normal_start ? 2 : pfn >= dma32_start ? 1 : 0;
    mem_map[pfn].flags = zone << ZONE_SHIFT | (pfn < reserved_pages ? PG_RESERVED : 0);
    zone_init(0, (int)zone);
    grow_span(&nodes[0].zones[zone], pfn, pfn + 1);
  }
  nodes[0].online = nodes[0].has_memory = true;
  zonelist_rebuilds = 0;
  layout = new_layout();
  layout->initial = true;
  new_range(layout, 0, nr_pages, 0);
  update_counts(layout);
  for (u32 pfn = reserved_pages; pfn < nr_pages;) {
    int order = 0;
    while (order < MAX_PAGE_ORDER && !(pfn & (1u << order)) && pfn + (2u << order) <= nr_pages) order++;
    buddy_free(page_zone(&mem_map[pfn]), pfn, order);
    pfn += 1u << order;
  }
}

/* ---- canonical state, hashed as OurSide.hash() does ---- */

static u32 fmix(u32 h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

static u32 fnv_a, fnv_b;

static void fnv_word(u32 word) {
  fnv_a = (fnv_a ^ word) * 0x01000193u;
  fnv_b = (fnv_b ^ ((word << 13) | (word >> 19))) * 0x01000193u;
}

static u64 stranded[MAX_NODES][MAX_NODES];
static u32 free_sum, free_xor, nr_blocks;

/* One walk over all pages: the set of free blocks (a commutative hash), and the pages that wait for another node. */
static void walk_state(void) {
  memset(stranded, 0, sizeof stranded);
  free_sum = free_xor = nr_blocks = 0;
  struct range *range = first_range(layout);
  for (u32 pfn = 0; pfn < max_pfn;) {
    const struct page *page = &mem_map[pfn];
    while (pfn >= range->end) range = next_range(range);
    if (page->flags & PG_BUDDY) {
      u32 meta = (u32)page->order | (u32)page_nid(page) << 8 | (u32)page_zonenum(page) << 16;
      u32 h = fmix(pfn ^ meta * 0x9e3779b1u);
      free_sum += h;
      free_xor ^= fmix(h + pfn);
      nr_blocks++;
      pfn += 1u << page->order;
    } else {
      if (page_nid(page) != range->nid) stranded[page_nid(page)][range->nid]++;
      pfn++;
    }
  }
}

static void state_hash(void) {
  walk_state();
  fnv_a = 0x811c9dc5;
  fnv_b = 0xc9dc5118;
  for (int n = 0; n < MAX_NODES; n++)
    for (int z = 0; z < NR_ZONES; z++)
      for (int o = 0; o < NR_ORDERS; o++) fnv_word((u32)nodes[n].zones[z].nr_free[o]);
  fnv_word(free_sum);
  fnv_word(free_xor);
  for (int a = 0; a < MAX_NODES; a++)
    for (int b = 0; b < MAX_NODES; b++) fnv_word((u32)stranded[a][b]);
  for (int n = 0; n < MAX_NODES; n++) fnv_word((u32)nodes[n].present_pages);
}

/* ---- the operations of the benchmark; OurSide has the same, line for line ---- */

static u32 *singles, nr_singles, nr_picked;

static void must(bool ok, const char *what) {
  if (!ok) die(what);
}

static void hold_single(u32 pfn) {
  must(hold_block(pfn, 0), "a page to hold is not free");
  singles[nr_singles++] = pfn;
}

/* Fills the guest from pfn 1024 (below it lies what is reserved), by pageblocks of 512 pages. */
static void fill(const char *kind, u32 seed) {
  singles = realloc(singles, (size_t)max_pfn * sizeof *singles);
  must(singles, "out of memory");
  nr_singles = nr_picked = 0;
  prng_seed(seed, "fill");
  for (u32 block = 1024; block < max_pfn; block += 512) {
    u32 end = block + 512;
    if (!strcmp(kind, "free")) {
      if (prng_below(1000) < 50) must(hold_block(block, 9), "a huge page to hold is not free");
    } else if (!strcmp(kind, "alternate")) {
      for (u32 pfn = block; pfn < end; pfn += 2) hold_single(pfn);
    } else if (prng_below(1000) < 350) {
      must(hold_block(block, 9), "a huge page to hold is not free");
    } else if (!strcmp(kind, "mixed")) {
      for (u32 pfn = block; pfn < end; pfn++)
        if (prng_below(13) < 7) hold_single(pfn);
    } else {
      for (u32 pfn = block; pfn < end;) {
        bool held = prng_below(13) < 7;
        u32 stop = pfn + 1 + prng_below(64);
        for (; pfn < end && pfn < stop; pfn++)
          if (held) hold_single(pfn);
      }
    }
  }
}

/* Puts n of the single pages first, in random order. */
static void pick(u32 n, u32 seed) {
  must(n <= nr_singles, "fewer single pages than asked for");
  prng_seed(seed, "pick");
  for (u32 i = 0; i < n; i++) {
    u32 j = i + prng_below(nr_singles - i), pfn = singles[i];
    singles[i] = singles[j];
    singles[j] = pfn;
  }
  nr_picked = n;
}

static void reshuffle(u32 seed) {
  prng_seed(seed, "reshuffle");
  for (u32 i = 0; i < nr_picked; i++) {
    u32 j = i + prng_below(nr_picked - i), pfn = singles[i];
    singles[i] = singles[j];
    singles[j] = pfn;
  }
}

static u64 time_commit(u32 pages_per_range, u32 rotation, u32 nr_nodes) {
  u64 start = now_ns();
  struct memlayout *ml = new_layout();
  for (u32 k = 0, pfn = 0; pfn < max_pfn; k++, pfn += pages_per_range) {
    u32 end = max_pfn - pfn > pages_per_range ? pfn + pages_per_range : max_pfn;
    must(new_range(ml, pfn, end, (int)((k + rotation) % nr_nodes)), "ranges overlap");
  }
  pass_ns[PASS_BUILD] = now_ns() - start;
  commit(ml);
  return now_ns() - start;
}

static u64 time_free(void) {
  u64 start = now_ns();
  for (u32 i = 0; i < nr_picked; i++) free_block(singles[i], 0);
  return now_ns() - start;
}

static u64 time_hold(void) {
  bool ok = true;
  u64 start = now_ns();
  for (u32 i = 0; i < nr_picked; i++) ok &= hold_block(singles[i], 0);
  u64 ns = now_ns() - start;
  must(ok, "a page to hold is not free");
  return ns;
}

/* Random pfns, or with a step above 0 one after the other. */
static u64 time_lookup(u32 n, u32 seed, u32 step, u32 *sum) {
  u32 *pfns = malloc((size_t)n * sizeof *pfns), total = 0;
  must(pfns, "out of memory");
  prng_seed(seed, "lookup");
  for (u32 i = 0; i < n; i++) pfns[i] = step ? (u32)((u64)i * step % max_pfn) : prng_below(max_pfn);
  u64 start = now_ns();
  for (u32 i = 0; i < n; i++) total += (u32)lookup(pfns[i]);
  u64 ns = now_ns() - start;
  free(pfns);
  *sum = total;
  return ns;
}

#include "selftest.h"

static void reply_ns(u64 ns) { printf("{\"ns\":%llu}\n", (unsigned long long)ns); }

static bool serve(const char *line) {
  char kind[16];
  u32 a, b, c, d;
  if (sscanf(line, "boot %u %u %u %u", &a, &b, &c, &d) == 4) {
    u64 start = now_ns();
    boot(a, b, c, d);
    reply_ns(now_ns() - start);
  } else if (sscanf(line, "fill %15s %u", kind, &a) == 2) {
    u64 start = now_ns();
    fill(kind, a);
    reply_ns(now_ns() - start);
  } else if (sscanf(line, "commit %u %u %u", &a, &b, &c) == 3) {
    u64 ns = time_commit(a, b, c);
    printf("{\"ns\":%llu,\"passes\":{", (unsigned long long)ns);
    for (int p = 0; p < NR_PASSES; p++)
      printf("%s\"%s\":%llu", p ? "," : "", pass_names[p], (unsigned long long)pass_ns[p]);
    printf("}}\n");
  } else if (sscanf(line, "pick %u %u", &a, &b) == 2) {
    pick(a, b);
    reply_ns(0);
  } else if (sscanf(line, "reshuffle %u", &a) == 1) {
    reshuffle(a);
    reply_ns(0);
  } else if (!strcmp(line, "free\n")) {
    reply_ns(time_free());
  } else if (!strcmp(line, "hold\n")) {
    reply_ns(time_hold());
  } else if (sscanf(line, "lookup %u %u %u", &a, &b, &c) == 3) {
    u32 sum;
    u64 ns = time_lookup(a, b, c, &sum);
    printf("{\"ns\":%llu,\"sum\":%u}\n", (unsigned long long)ns, sum);
  } else if (!strcmp(line, "hash\n")) {
    state_hash();
    printf("{\"hash\":\"%08x%08x\",\"freeBlocks\":%u,\"movedPages\":%llu}\n", fnv_a, fnv_b, nr_blocks,
           (unsigned long long)moved_pages);
  } else {
    return false;
  }
  fflush(stdout);
  return true;
}

/*
 * boot PAGES RESERVED DMA32_START NORMAL_START | fill KIND SEED | commit PAGES_PER_RANGE ROTATION NODES | pick N SEED |
 * reshuffle SEED | free | hold | lookup N SEED STEP | hash. With --selftest: checks itself against published vectors.
 */
int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "--selftest")) return selftest();
  char line[256];
  while (fgets(line, sizeof line, stdin))
    if (!serve(line)) die("unknown command");
  return 0;
}
