/*
 * The baseline checked against published test vectors (T1, T2, T3, T5, T6, T7, T8, T10, T12a, correct semantics) and,
 * after every step, against its own structure: lists, counters and flags agree, free blocks are maximal, the tree is
 * red-black and in order. Included by rfc-baseline.c alone.
 */

static int selftest_failures;

static void expect(const char *what, u64 found, u64 wanted) {
  if (found == wanted) return;
  fprintf(stderr, "selftest: %s: expected %llu, found %llu\n", what, (unsigned long long)wanted, (unsigned long long)found);
  selftest_failures++;
}

/* Returns the black height. */
static int check_subtree(const struct range *range) {
  if (!range) return 1;
  if (range->red) expect("red range has a red child", (range->left && range->left->red) || (range->right && range->right->red), 0);
  if (range->left) expect("left child's parent", range->left->parent == range && range->left->end <= range->start, 1);
  if (range->right) expect("right child's parent", range->right->parent == range && range->right->start >= range->end, 1);
  int left = check_subtree(range->left);
  expect("black height", (u64)check_subtree(range->right), (u64)left);
  return left + !range->red;
}

static void check_zone_lists(int nid, int zonenum, u64 *listed_pages) {
  struct zone *zone = &nodes[nid].zones[zonenum];
  u64 pages = 0;
  for (int o = 0; zone->initialised && o < NR_ORDERS; o++) {
    u64 length = 0;
    for (struct list_head *at = zone->free_list[o].next; at != &zone->free_list[o]; at = at->next, length++) {
      struct page *page = (struct page *)((char *)at - offsetof(struct page, lru));
      u32 pfn = (u32)(page - mem_map);
      expect("listed block is a head of its zone and order", (page->flags & PG_BUDDY) && page->order == (u64)o && page_zone(page) == zone, 1);
      expect("listed block is aligned", pfn & ((1u << o) - 1), 0);
      for (u32 p = pfn; p < pfn + (1u << o); p++) expect("pages of a block share node and zone", page_zone(&mem_map[p]) == zone, 1);
      u32 buddy = pfn ^ (1u << o);
      struct page *twin = &mem_map[buddy];
      bool mergeable = o < MAX_PAGE_ORDER && buddy < max_pfn && (twin->flags & PG_BUDDY) && twin->order == (u64)o && page_zone(twin) == zone;
      expect("block is maximal", mergeable, 0);
      pages += 1u << o;
    }
    expect("nr_free", zone->nr_free[o], length);
  }
  expect("free_pages", zone->free_pages, pages);
  *listed_pages += pages;
}

static void check_all(void) {
  u64 listed = 0, walked = 0;
  for (int n = 0; n < MAX_NODES; n++)
    for (int z = 0; z < NR_ZONES; z++) check_zone_lists(n, z, &listed);
  for (u32 pfn = 0; pfn < max_pfn;) {
    bool head = mem_map[pfn].flags & PG_BUDDY;
    u32 size = head ? 1u << mem_map[pfn].order : 1;
    if (head) walked += size;
    pfn += size;
  }
  expect("blocks on lists and in the page array", listed, walked);
  check_subtree(layout->root);
}

static u64 node_free(int nid) {
  u64 pages = 0;
  for (int z = 0; z < NR_ZONES; z++) pages += nodes[nid].zones[z].free_pages;
  return pages;
}

/* lists: free blocks of order 0..10, one decimal number each, separated by spaces. */
static void expect_lists(const char *what, int nid, int zonenum, const char *lists) {
  char *at = (char *)lists;
  for (int o = 0; o < NR_ORDERS; o++) expect(what, nodes[nid].zones[zonenum].nr_free[o], strtoull(at, &at, 10));
}

static void expect_node(const char *what, int nid, u64 size, u64 free_pages) {
  expect(what, nodes[nid].present_pages, size);
  expect(what, node_free(nid), free_pages);
  check_all();
}

static void expect_stranded(const char *what, int from, int to, u64 pages) {
  walk_state();
  expect(what, stranded[from][to], pages);
}

/* Commits [0, boundary) on node low and the rest on node high. */
static void commit_two(u32 boundary, int low, int high) {
  struct memlayout *ml = new_layout();
  if (boundary > 0) new_range(ml, 0, boundary, low);
  if (boundary < max_pfn) new_range(ml, boundary, max_pfn, high);
  commit(ml);
}

static void hold_pages(u32 start, u32 end) {
  for (u32 pfn = start; pfn < end; pfn++) must(hold_block(pfn, 0), "selftest: page is not free");
}

static void free_pages(u32 start, u32 end) {
  for (u32 pfn = start; pfn < end; pfn++) free_block(pfn, 0);
}

static void test_whole_guests(void) {
  boot(32768, 0, 4096, 1u << 20);
  expect_node("T1 boot", 0, 32768, 32768);
  commit_two(0, 0, 1);
  expect_node("T1 node 0", 0, 0, 0);
  expect_node("T1 node 1", 1, 32768, 32768);
  expect_lists("T1 DMA", 1, 0, "0 0 0 0 0 0 0 0 0 0 4");
  expect_lists("T1 upper", 1, 1, "0 0 0 0 0 0 0 0 0 0 28");
  expect("T1 moved", moved_pages, 32768);
  expect("T1 rebuilds", zonelist_rebuilds, 2);

  boot(32768, 0, 4096, 1u << 20);
  commit_two(16384, 0, 1);
  expect_node("T2 node 0", 0, 16384, 16384);
  expect_node("T2 node 1", 1, 16384, 16384);
  expect_lists("T2 node 0 upper", 0, 1, "0 0 0 0 0 0 0 0 0 0 12");
  expect_lists("T2 node 1 upper", 1, 1, "0 0 0 0 0 0 0 0 0 0 16");
  expect("T2 node 1 DMA initialised", nodes[1].zones[0].initialised, 0);
  expect("T2 moved", moved_pages, 16384);
  expect("T2 rebuilds", zonelist_rebuilds, 1);

  boot(32768, 0, 4096, 1u << 20);
  commit_two(16385, 0, 1);
  expect_node("T3 node 0", 0, 16385, 16385);
  expect_node("T3 node 1", 1, 16383, 16383);
  expect_lists("T3 node 0 upper", 0, 1, "1 0 0 0 0 0 0 0 0 0 12");
  expect_lists("T3 node 1 upper", 1, 1, "1 1 1 1 1 1 1 1 1 1 15");
  expect("T3 moved", moved_pages, 16383);
}

static void test_stripes(void) {
  static const struct {
    u32 pages;
    const char *dma, *upper;
  } cases[] = {{1024, "0 0 0 0 0 0 0 0 0 0 2", "0 0 0 0 0 0 0 0 0 0 14"}, {128, "0 0 0 0 0 0 0 16 0 0 0", "0 0 0 0 0 0 0 112 0 0 0"}};
  for (int i = 0; i < 2; i++) {
    boot(32768, 0, 4096, 1u << 20);
    time_commit(cases[i].pages, 0, 2);
    expect("T5/T6 moved", moved_pages, 16384);
    expect("T5/T6 rebuilds", zonelist_rebuilds, 2);
    for (int n = 0; n < 2; n++) {
      expect_node("T5/T6 node", n, 16384, 16384);
      expect_lists("T5/T6 DMA", n, 0, cases[i].dma);
      expect_lists("T5/T6 upper", n, 1, cases[i].upper);
    }
    time_commit(cases[i].pages, 1, 2); /* every block may merge with its neighbour that has not moved yet */
    expect("rotated stripes moved", moved_pages, 16384 + 32768);
    for (int n = 0; n < 2; n++) expect_node("rotated stripes", n, 16384, 16384);
  }
}

static void test_stranded(void) {
  boot(32768, 1024, 4096, 1u << 20);
  hold_pages(2048, 3072);
  hold_pages(10000, 10500);
  hold_pages(20000, 21000);
  expect_node("T7 boot", 0, 32768, 29220);
  commit_two(16384, 0, 1);
  expect_node("T7 commit node 0", 0, 16384, 13836);
  expect_node("T7 commit node 1", 1, 16384, 15384);
  expect("T7 managed DMA", nodes[0].zones[0].managed_pages, 3072);
  expect_stranded("T7 stranded", 0, 1, 1000);
  expect("T7 moved", moved_pages, 15384);
  expect_lists("T7 node 1 upper", 1, 1, "0 0 0 1 1 2 1 1 1 1 14");
  u64 hits = lookup_hits, misses = lookup_misses;
  free_pages(20000, 20500);
  expect("T7 lookup hits and misses", lookup_hits - hits + lookup_misses - misses, 500);
  expect("T7 at most one miss", lookup_misses - misses <= 1, 1);
  expect_node("T7 free node 0", 0, 16384, 13836);
  expect_node("T7 free node 1", 1, 16384, 15884);
  expect_lists("T7 node 1 upper after 500", 1, 1, "0 0 1 1 2 1 1 1 1 0 15");
  expect_stranded("T7 stranded after 500", 0, 1, 500);
  expect("T7 moved after 500", moved_pages, 15884);
  commit_two(32768, 0, 0);
  expect_node("T7 back node 0", 0, 32768, 29720);
  expect_node("T7 back node 1", 1, 0, 0);
  expect("T7 moved back", moved_pages, 31768);
  free_pages(20500, 21000);
  expect_node("T7 end", 0, 32768, 30220);
  expect_lists("T7 DMA", 0, 0, "0 0 0 0 0 0 0 0 0 0 2");
  expect("T7 moved at the end", moved_pages, 31768);
}

static void test_straddles(void) {
  boot(32768, 0, 4096, 1u << 20);
  must(hold_block(16384, 9), "selftest: huge page is not free");
  commit_two(16500, 0, 1);
  expect_node("T8 node 0", 0, 16500, 16384);
  expect_node("T8 node 1", 1, 16268, 15872);
  expect_stranded("T8 stranded", 0, 1, 396);
  u64 moved = moved_pages;
  free_block(16384, 9);
  expect_node("T8 free node 0", 0, 16500, 16500);
  expect_node("T8 free node 1", 1, 16268, 16268);
  expect_lists("T8 node 0 upper", 0, 1, "0 0 1 0 1 1 1 0 0 0 12");
  expect_lists("T8 node 1 upper", 1, 1, "0 0 1 1 0 0 0 1 1 1 15");
  expect("T8 moved", moved_pages - moved, 396);

  boot(64, 0, 1u << 20, 1u << 21);
  hold_pages(5, 7);
  hold_pages(40, 43);
  expect_lists("T10 boot", 0, 0, "3 0 2 2 2 0 0 0 0 0 0");
  commit_two(32, 0, 1);
  expect_lists("T10 node 0", 0, 0, "2 0 1 1 1 0 0 0 0 0 0");
  expect_lists("T10 node 1", 1, 0, "1 0 1 1 1 0 0 0 0 0 0");
  expect("T10 moved", moved_pages, 29);
  free_pages(6, 7);
  free_pages(40, 42);
  expect_lists("T10 node 0 freed", 0, 0, "1 1 1 1 1 0 0 0 0 0 0");
  expect_lists("T10 node 1 freed", 1, 0, "1 1 1 1 1 0 0 0 0 0 0");
  expect("T10 moved by free", moved_pages, 31);
  commit_two(20, 1, 0);
  expect_node("T10 second node 0", 0, 44, 43);
  expect_node("T10 second node 1", 1, 20, 19);
  expect_lists("T10 second node 0", 0, 0, "1 1 2 2 1 0 0 0 0 0 0");
  expect_lists("T10 second node 1", 1, 0, "1 1 2 1 0 0 0 0 0 0 0");
  expect_stranded("T10 stranded", 0, 1, 1);
  expect("T10 moved by second", moved_pages, 81);
  free_pages(5, 6);
  free_pages(42, 43);
  expect_lists("T10 end node 0", 0, 0, "0 0 1 1 0 1 0 0 0 0 0");
  expect_lists("T10 end node 1", 1, 0, "0 0 1 0 1 0 0 0 0 0 0");
  expect("T10 moved at the end", moved_pages, 82);
}

static void test_drain(void) {
  boot(32768, 0, 4096, 1u << 20);
  hold_pages(20000, 20031);
  for (u32 pfn = 20000; pfn < 20031; pfn++) free_page_on_cpu(pfn, 3);
  expect("T12a before", node_free(0), 32768 - 31);
  commit_two(16384, 0, 1);
  expect_node("T12a node 1", 1, 16384, 16384);
  expect("T12a moved", moved_pages, 16384);
}

static int selftest(void) {
  test_whole_guests();
  test_stripes();
  test_stranded();
  test_straddles();
  test_drain();
  return selftest_failures ? 1 : 0;
}
