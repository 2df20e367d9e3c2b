/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The heap of the emulator's own objects: boundary tags, free blocks in lists by size, neighbours joined as soon as
 * both are free. Its memory comes in arenas, at run time; they are never given back.
 *
 * Every block starts with a header that is checked before it is believed: a pointer that is not a block, was freed
 * before, or whose header was overwritten stops the machine with a message, and is never put into a list.
 *
 * One CPU, not re-entrant: an exception handler that interrupts the heap must not allocate, and is stopped if it
 * does.
 */
#include "virgil_platform.h"

#define GRANULE 16ULL
#define IN_USE 1ULL
#define MINIMUM 32ULL /* a header and two list links */
#define CLASSES 64

struct block {
	uint64_t size;	   /* with this header, a multiple of GRANULE; bit 0: in use */
	uint32_t previous; /* size of the block before this one, in granules; 0: this one is the arena's first */
	uint32_t check;	   /* of place and contents of this header */
	struct block *next, *last; /* in the list of its class, when free */
};
#define HEADER offsetof(struct block, next)
_Static_assert(HEADER == GRANULE, "a header is one granule");

static struct block *lists[CLASSES];
static size_t free_bytes;
static int busy;
static void (*failure_handler)(const char *what, const void *pointer);

void virgil_heap_set_failure_handler(void (*handler)(const char *what, const void *pointer))
{
	failure_handler = handler;
}

static void fail(const char *what, const void *pointer)
{
	if (failure_handler)
		failure_handler(what, pointer);
#if !defined(__linux__)
	else
		virgil_stop(what);
#else
	else
		__builtin_trap();
#endif
}

static uint64_t size_of(const struct block *block) { return block->size & -GRANULE; }
static int in_use(const struct block *block) { return (block->size & IN_USE) != 0; }

static uint32_t check_of(const struct block *block)
{
	uint64_t value = (uint64_t)(uintptr_t)block ^ block->size * 0x9e3779b97f4a7c15ULL ^ (uint64_t)block->previous << 32;

	value = (value ^ value >> 31) * 0xbf58476d1ce4e5b9ULL;
	return (uint32_t)(value >> 32) | 1; /* never 0, so that zeroed memory is no block */
}

static void set(struct block *block, uint64_t size, uint64_t flag, uint64_t previous)
{
	block->size = size | flag;
	block->previous = (uint32_t)(previous / GRANULE);
	block->check = check_of(block);
}

static int valid(const struct block *block) { return block->check == check_of(block); }

static struct block *after(struct block *block) { return (struct block *)((char *)block + size_of(block)); }
static struct block *before(struct block *block)
{
	return (struct block *)((char *)block - (uint64_t)block->previous * GRANULE);
}

/* Two classes for each power of two: [2^n, 1.5 * 2^n) and [1.5 * 2^n, 2^(n+1)). */
static unsigned class_of(uint64_t size)
{
	unsigned power = 63 - (unsigned)__builtin_clzll(size);
	unsigned index = (power - 5) * 2 + (unsigned)(size >> (power - 1) & 1);

	return index < CLASSES ? index : CLASSES - 1;
}

static void enlist(struct block *block)
{
	struct block **list = &lists[class_of(size_of(block))];

	block->next = *list;
	block->last = 0;
	if (*list)
		(*list)->last = block;
	*list = block;
	free_bytes += size_of(block);
}

static void delist(struct block *block)
{
	if (block->next)
		block->next->last = block->last;
	if (block->last)
		block->last->next = block->next;
	else
		lists[class_of(size_of(block))] = block->next;
	free_bytes -= size_of(block);
}

/* Gives the heap `size` bytes at `base`, for good. What is too small or cannot be addressed is ignored. */
void virgil_heap_add(void *base, size_t size)
{
	uint64_t start = ((uint64_t)(uintptr_t)base + GRANULE - 1) & -GRANULE;
	uint64_t end = ((uint64_t)(uintptr_t)base + size) & -GRANULE;
	struct block *block = (struct block *)(uintptr_t)start;

	if (!base || end <= start || end - start < MINIMUM + GRANULE || (end - start) / GRANULE > UINT32_MAX)
		return;
	size = end - start - GRANULE;
	set(block, size, 0, 0);
	set(after(block), 0, IN_USE, size); /* the arena's end: never free, so nothing joins with it */
	enlist(block);
}

size_t virgil_heap_free_bytes(void) { return free_bytes; }

/* Cuts `block` at `size` when the rest can be a block, which becomes free. */
static void trim(struct block *block, uint64_t size, uint64_t flag)
{
	uint64_t whole = size_of(block);
	struct block *rest = (struct block *)((char *)block + size);

	if (whole - size < MINIMUM) {
		set(block, whole, flag, (uint64_t)block->previous * GRANULE);
		return;
	}
	set(block, size, flag, (uint64_t)block->previous * GRANULE);
	set(rest, whole - size, 0, size);
	set(after(rest), size_of(after(rest)), after(rest)->size & IN_USE, whole - size);
	enlist(rest);
}

/* How far into `block` a block must start for its contents to be aligned: 0, or room for a block before it. */
static uint64_t lead_for(const struct block *block, uint64_t alignment)
{
	uint64_t contents = (uint64_t)(uintptr_t)block + HEADER;
	uint64_t lead = -contents & (alignment - 1);

	while (lead != 0 && lead < MINIMUM)
		lead += alignment;
	return lead;
}

static struct block *find(uint64_t size, uint64_t alignment)
{
	for (unsigned class = class_of(size); class < CLASSES; class++)
		for (struct block *block = lists[class]; block; block = block->next) {
			if (!valid(block) || in_use(block) || !valid(after(block))) {
				fail("heap: a free block was overwritten", block);
				return 0;
			}
			uint64_t lead = lead_for(block, alignment);

			if (lead <= size_of(block) && size <= size_of(block) - lead)
				return block;
		}
	return 0;
}

static struct block *take(uint64_t size, uint64_t alignment)
{
	struct block *block = find(size, alignment);
	uint64_t lead;

	if (!block)
		return 0;
	lead = lead_for(block, alignment);
	delist(block);
	if (lead) {
		trim(block, lead, 0);
		struct block *rest = after(block);

		enlist(block);
		delist(rest);
		block = rest;
	}
	trim(block, size, IN_USE);
	return block;
}

/* `alignment` is a power of two. Returns null when there is no room, or `alignment` is none. */
void *virgil_heap_allocate(size_t size, size_t alignment)
{
	struct block *block;

	if (alignment & (alignment - 1) || size > (uint64_t)UINT32_MAX * GRANULE / 2 || alignment > 1ULL << 32)
		return 0;
	if (busy) {
		fail("heap: used from inside itself", 0);
		return 0;
	}
	busy = 1;
	size = (size + HEADER + GRANULE - 1) & -GRANULE;
	block = take(size < MINIMUM ? MINIMUM : size, alignment < GRANULE ? GRANULE : alignment);
	busy = 0;
	return block ? (char *)block + HEADER : 0;
}

/* What is wrong with a block that is to be freed; null when nothing is. */
static const char *fault_of(struct block *block)
{
	if (!valid(block))
		return "heap: freed what is no block, was freed before, or was overwritten";
	if (!in_use(block))
		return "heap: freed twice";
	if (!valid(after(block)))
		return "heap: written past the end of a block";
	if (block->previous && !valid(before(block)))
		return "heap: the block before a freed one was overwritten";
	return 0;
}

void virgil_heap_release(void *pointer)
{
	struct block *block = (struct block *)((char *)pointer - HEADER);
	struct block *next, *previous;
	const char *fault;

	if ((uintptr_t)pointer % GRANULE) {
		fail("heap: freed what is no block", pointer);
		return;
	}
	fault = busy ? "heap: used from inside itself" : fault_of(block);
	if (fault) {
		fail(fault, pointer);
		return;
	}
	busy = 1;
	uint64_t size = size_of(block), back = (uint64_t)block->previous * GRANULE;

	next = after(block);
	previous = back ? before(block) : 0;
	if (!in_use(next)) {
		delist(next);
		size += size_of(next);
		next->check = 0; /* no header any more */
		next = after(next);
	}
	if (previous && !in_use(previous)) {
		delist(previous);
		block->check = 0;
		size += back;
		back = (uint64_t)previous->previous * GRANULE;
		block = previous;
	}
	set(block, size, 0, back);
	set(next, size_of(next), next->size & IN_USE, size);
	enlist(block);
	busy = 0;
}
