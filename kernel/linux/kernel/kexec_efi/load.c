// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load() of EFI images.
 *
 * The image is placed in memory as the file that it is, and so is an emulator
 * of EFI boot services, which is what the next kernel is entered through. It
 * learns from a handover block where everything is.
 */
#define pr_fmt(fmt) "kexec_efi: " fmt

#include <crypto/sha2.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "internal.h"

/* Memory that the emulator has for page tables and heap before it knows the memory map. */
#define SCRATCH_SIZE SZ_1M

struct loader_data {
	struct kexec_efi_load load;
	struct kexec_efi_emulator emulator;
};

/*
 * The file whose signature was found to hold; protected, like all of a load, by
 * the lock of kexec.
 */
static const char *verified_image;

static int efi_probe(const char *buf, unsigned long len)
{
	struct kexec_efi_pe pe;

	verified_image = NULL;
	return kexec_efi_check_image(buf, len, &pe);
}

#ifdef CONFIG_KEXEC_EFI_VERIFY_SIG
static int efi_verify_sig(const char *kernel, unsigned long kernel_len)
{
	int ret = kexec_kernel_verify_pe_sig(kernel, kernel_len);

	if (!ret)
		verified_image = kernel;
	return ret;
}
#endif

static u64 memory_of(const struct kimage *image)
{
#ifdef CONFIG_CRASH_DUMP
	if (image->type == KEXEC_TYPE_CRASH)
		return resource_size(&crashk_res) +
		       (crashk_low_res.end ? resource_size(&crashk_low_res) : 0);
#endif
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/**
 * kexec_efi_add_segment - add a segment, wherever there is a place
 * @load:	the image that is loaded
 * @buffer:	the segment's contents
 * @size:	bytes of @buffer
 * @memory:	bytes of the segment
 * @address:	set to the segment's physical address
 *
 * Return: 0 or an errno.
 */
int kexec_efi_add_segment(struct kexec_efi_load *load, void *buffer, size_t size, size_t memory,
			  unsigned long *address)
{
	struct kexec_buf kbuf = {
		.image = load->image,
		.buffer = buffer,
		.bufsz = size,
		.memsz = memory,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = PAGE_SIZE,
		.buf_min = SZ_1M,
		.buf_max = ULONG_MAX,
	};
	int ret = kexec_add_buffer(&kbuf);

	if (!ret)
		*address = kbuf.mem;
	return ret;
}

static int add_emulator(struct loader_data *data)
{
	const struct virgil_blob_header *header = data->emulator.header;
	struct kexec_efi_load *load = &data->load;
	size_t memory = PAGE_ALIGN(header->memory_size);
	int ret;

	ret = kexec_efi_add_segment(load, (void *)header, data->emulator.size,
				    memory + SCRATCH_SIZE, &load->emulator);
	if (ret)
		return ret;
	kexec_efi_put_range(load, VIRGIL_RECORD_EMULATOR, load->emulator, memory);
	kexec_efi_put_range(load, VIRGIL_RECORD_SCRATCH, load->emulator + memory, SCRATCH_SIZE);
	return 0;
}

static int add_image(struct kexec_efi_load *load, char *kernel, unsigned long kernel_len)
{
	struct virgil_image_record record = {
		.record = { .type = VIRGIL_RECORD_IMAGE, .size = sizeof(record) },
		.size = kernel_len,
		.origin = VIRGIL_IMAGE_FILE,
		.verified = load->verified,
	};
	unsigned long address;
	int ret = kexec_efi_add_segment(load, kernel, kernel_len, kernel_len, &address);

	if (ret)
		return ret;
	record.address = address;
	sha256(kernel, kernel_len, record.sha256);
	kexec_efi_put(load, &record.record);
	return 0;
}

static void put_initrd(struct kexec_efi_load *load)
{
	struct kimage *image = load->image;
	unsigned long i;

	for (i = 0; load->initrd && i < image->nr_segments; i++) {
		if (image->segment[i].kbuf != load->initrd)
			continue;
		kexec_efi_put_range(load, VIRGIL_RECORD_INITRD, image->segment[i].mem,
				    load->initrd_len);
		kexec_efi_put_verified(load, image->segment[i].mem);
	}
}

static void put_random_seed(struct kexec_efi_load *load)
{
	struct {
		struct virgil_record record;
		u8 bytes[32];
	} seed = { .record = { .type = VIRGIL_RECORD_RANDOM_SEED, .size = sizeof(seed) } };

	if (!rng_is_initialized())
		return;
	get_random_bytes(seed.bytes, sizeof(seed.bytes));
	kexec_efi_put(load, &seed.record);
	memzero_explicit(&seed, sizeof(seed));
}

static int fill_block(struct kexec_efi_load *load, unsigned long *block)
{
	put_initrd(load);
	if (load->dtb)
		kexec_efi_put_range(load, VIRGIL_RECORD_DEVICE_TREE, load->dtb, load->dtb_len);
	arch_kexec_efi_describe(load);
	kexec_efi_put_console(load);
	kexec_efi_put_secure_boot(load);
	put_random_seed(load);
	return kexec_efi_finish_block(load, block);
}

static int load_all(struct loader_data *data, char *kernel, unsigned long kernel_len,
		    u32 image_size)
{
	struct kexec_efi_load *load = &data->load;
	unsigned long block, entry;
	int ret;

	if ((u64)image_size + kernel_len + load->initrd_len > memory_of(load->image))
		return -ENOMEM;
	ret = arch_kexec_efi_prepare(load);
	if (ret)
		return ret;
	ret = kexec_efi_begin_block(load);
	if (ret)
		return ret;
	ret = add_emulator(data);
	if (ret)
		return ret;
	ret = add_image(load, kernel, kernel_len);
	if (ret)
		return ret;
	ret = arch_kexec_efi_add_segments(load);
	if (ret)
		return ret;
	ret = kexec_efi_add_addon(load);
	if (ret)
		return ret;
	ret = fill_block(load, &block);
	if (ret)
		return ret;
	kexec_dprintk("emulator at %#lx, handover block at %#lx, %zu bytes\n", load->emulator,
		      block, load->used);
	entry = load->emulator + offsetof(struct virgil_blob_header, entry_resident);
	return arch_kexec_efi_enter(load, entry, block);
}

static void free_contents(struct loader_data *data)
{
	kexec_efi_put_emulator(&data->emulator);
	kvfree_sensitive(data->load.block, data->load.room);
	data->load.block = NULL;
	kfree(data->load.addon);
	data->load.addon = NULL;
}

static void *efi_load(struct kimage *image, char *kernel, unsigned long kernel_len, char *initrd,
		      unsigned long initrd_len, char *cmdline, unsigned long cmdline_len)
{
	struct loader_data *data;
	struct kexec_efi_pe pe;
	int ret;

	ret = kexec_efi_check_image(kernel, kernel_len, &pe);
	if (ret)
		return ERR_PTR(ret);
	data = kzalloc(sizeof(*data), GFP_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);
	data->load.image = image;
	data->load.cmdline = cmdline ?: "";
	data->load.initrd = initrd;
	data->load.initrd_len = initrd_len;
	data->load.is_uki = pe.has_command_line;
	data->load.verified = verified_image == kernel;

	ret = kexec_efi_get_emulator(&data->emulator);
	if (ret)
		goto fail;
	ret = load_all(data, kernel, kernel_len, pe.image_size);
	if (!ret)
		return data;
	pr_err("the image cannot be loaded: error %d\n", ret);
fail:
	free_contents(data);
	kfree(data);
	return ERR_PTR(ret);
}

/* The loader data themselves are freed by the caller. */
static int efi_cleanup(void *loader_data)
{
	if (loader_data)
		free_contents(loader_data);
	return 0;
}

const struct kexec_file_ops kexec_efi_ops = {
	.probe = efi_probe,
	.load = efi_load,
	.cleanup = efi_cleanup,
#ifdef CONFIG_KEXEC_EFI_VERIFY_SIG
	.verify_sig = efi_verify_sig,
#endif
};
