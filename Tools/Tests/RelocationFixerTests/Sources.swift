// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The sources of the images that the tests link.
enum Sources {
  /// A blob header as the start-up code has it.
  static let head = """
      .section .head, "ax", %progbits
      .globl _start
      .hidden _start
    _start:
    #if defined(__aarch64__)
      .set machine, 0xaa64
      b image_main
      .balign 8, 0
      b image_main
      .balign 8, 0
    #else
      .set machine, 0x8664
      jmp image_main
      .balign 8, 0
      jmp image_main
      .balign 8, 0
    #endif
      .quad 0x424f4c424c475256
      .long 2, 0x88
      .quad __file_end - _start, __image_end - _start, 0, 0, 0
      .long machine, 0
      .fill 32, 1, 0
      .quad __head_end - _start, 0, 0

    """

  /// Pointers in constants and variables, to code, constants, variables and zeroed memory.
  static let emulator = """
    int counter = 7;
    static int zeroed[5000];
    static int one(int x) { return x + counter; }
    static int two(int x) { return x * zeroed[x & 7]; }
    int (*const table[])(int) = {one, two, one, one, two, two, one, two, one, one, one, two};
    const char *names[] = {"alpha", "beta", "gamma"};
    int *pointer = &zeroed[17];
    struct { char tag; const void *self; } mixed = {1, &mixed};
    int image_main(int n) {
      zeroed[n & 7]++;
      return table[n & 1](n) + names[n % 3][0] + *pointer + mixed.tag;
    }

    """

  /// A runtime header as the runtime image has it.
  static let runtimeHead = """
      .section .head, "a", %progbits
      .globl _start
      .hidden _start
    _start:
      .quad 0x4d49544e55524756
      .long 1, 64
      .quad __file_end - _start, __image_end - _start, __relr_start - _start, __relr_end - _start
      .quad fill - _start, __data_start - _start

    """

  static let runtime = """
    static int state;
    static int numbers[100];
    int *where = &state;
    const char *const texts[] = {"one", "two"};
    int fill(int n) { return numbers[n] + texts[n & 1][0] + (*where += n); }

    """
}
