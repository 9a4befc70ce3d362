package dev.kith.engine.rows;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Anonymous memory straight from the operating system. The JDK's own allocator fills memory with zeros, which creates
 * small pages before huge ones can be asked for; pages mapped here become resident only when they are first touched.
 *
 * <p>A mapping has no owner that the JVM knows: whoever maps it unmaps it once, after the last use. Where the system is
 * not Linux on 64 bits, the JDK's allocator serves instead.
 */
@SuppressWarnings("restricted") // Mapping memory is what this class is for; its bounds are set here.
final class NativeMemory {
    private static final long HUGE_PAGE_BYTES = 2L << 20;
    /** PROT_READ | PROT_WRITE. */
    private static final int PROTECTION = 0x1 | 0x2;
    /** MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE on Linux. */
    private static final int FLAGS = 0x02 | 0x20 | 0x4000;

    private static final int MADV_HUGEPAGE = 14;
    private static final Optional<Calls> CALLS = Calls.find();

    /**
     * One mapping.
     *
     * @param segment zeros, aligned to 64 bytes at least, alive until {@code free} is run
     * @param free gives the memory back; to be run once
     */
    record Mapping(MemorySegment segment, Runnable free) {}

    private NativeMemory() {}

    /** Maps {@code bytes} of zeros; asks for huge pages before the first touch if {@code huge}. */
    static Mapping map(long bytes, boolean huge) {
        if (CALLS.isEmpty()) {
            Arena arena = Arena.ofShared();
            return new Mapping(arena.allocate(bytes, 64), arena::close);
        }
        Calls calls = CALLS.get();
        long room = bytes + (huge ? HUGE_PAGE_BYTES : 0);
        long base = calls.map(room);
        long start = huge ? (base + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES : base;
        if (huge) {
            calls.advise(start, bytes);
        }
        MemorySegment segment = MemorySegment.ofAddress(start).reinterpret(bytes);
        return new Mapping(segment, () -> calls.unmap(base, room));
    }

    /** The three system calls. Advice that is refused costs speed only, so its result is not looked at. */
    private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {

        static Optional<Calls> find() {
            Linker linker = Linker.nativeLinker();
            SymbolLookup lookup = linker.defaultLookup();
            boolean linux = lookup.find("gnu_get_libc_version").isPresent();
            if (!linux || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
                return Optional.empty();
            }
            ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
            ValueLayout.OfInt number = ValueLayout.JAVA_INT;
            return Optional.of(new Calls(
                    linker.downcallHandle(
                            lookup.findOrThrow("mmap"),
                            FunctionDescriptor.of(word, word, word, number, number, number, word)),
                    linker.downcallHandle(lookup.findOrThrow("munmap"), FunctionDescriptor.of(number, word, word)),
                    linker.downcallHandle(
                            lookup.findOrThrow("madvise"), FunctionDescriptor.of(number, word, word, number))));
        }

        long map(long bytes) {
            long address = (long) call(mmap, 0L, bytes, PROTECTION, FLAGS, -1, 0L);
            if (address == -1) {
                throw new OutOfMemoryError("the system refused to map " + bytes + " bytes");
            }
            return address;
        }

        void unmap(long address, long bytes) {
            var _ = (int) call(munmap, address, bytes);
        }

        void advise(long address, long bytes) {
            var _ = (int) call(madvise, address, bytes, MADV_HUGEPAGE);
        }

        private static Object call(MethodHandle handle, Object... arguments) {
            try {
                return handle.invokeWithArguments(arguments);
            } catch (Throwable impossible) {
                throw new IllegalStateException("a system call could not be made", impossible);
            }
        }
    }
}
