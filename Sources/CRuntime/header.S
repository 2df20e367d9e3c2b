/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* struct virgil_runtime_header (virgil_runtime.h) */
#if !defined(__linux__)
	.section .head, "a"
	.globl _start
	.hidden _start
	.hidden __image_start
	.hidden __file_end
	.hidden __image_end
	.hidden __relr_start
	.hidden __relr_end
	.hidden __data_start
	.hidden virgil_runtime_fill
	.p2align 3
_start:
	.quad	0x4d49544e55524756
	.long	1
	.long	64
	.quad	__file_end - _start
	.quad	__image_end - _start
	.quad	__relr_start - _start
	.quad	__relr_end - _start
	.quad	virgil_runtime_fill - _start
	.quad	__data_start - _start
#endif
