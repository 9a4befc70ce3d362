package dev.kith.engine.index;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** The system's priority of a thread: the JVM's own priorities mean nothing on Linux unless it runs as root. */
@SuppressWarnings("restricted") // One call with three numbers.
final class ThreadPriority {
    /** On Linux, PRIO_PROCESS with 0 is the calling thread. */
    private static final int CALLING_THREAD = 0;

    /**
     * Nice value: about a third of a usual thread's share where both want a core. Not less: all threads of the JVM stop
     * for each other now and then, and would wait for one that the system does not let run to where it can stop. With
     * 19, on a busy machine, they did so for seconds.
     */
    private static final int NICE = 5;

    private ThreadPriority() {}

    /** Gives the calling thread a low priority; where the system has no such call, nothing happens. */
    static void lower() {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> call = linker.defaultLookup().find("setpriority");
        boolean linux = linker.defaultLookup().find("gnu_get_libc_version").isPresent();
        if (call.isEmpty() || !linux) {
            return;
        }
        ValueLayout.OfInt number = ValueLayout.JAVA_INT;
        try {
            var _ = (int) linker.downcallHandle(call.get(), FunctionDescriptor.of(number, number, number, number))
                    .invokeExact(CALLING_THREAD, 0, NICE);
        } catch (Throwable impossible) {
            throw new IllegalStateException("a system call could not be made", impossible);
        }
    }
}
