package dev.kith.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.kith.kernel.Kernels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the figures of a run hang on. */
final class Machine {
    private Machine() {}

    static void describe(Report report, Place place) {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        var jvm = ManagementFactory.getRuntimeMXBean();
        report.line(
                "machine   %s, %d cores, %d GiB, huge pages %s, load %.2f",
                firstMatch(Path.of("/proc/cpuinfo"), "model name"),
                system.getAvailableProcessors(),
                Math.round(system.getTotalMemorySize() / (double) (1L << 30)),
                firstMatch(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"), ""),
                system.getSystemLoadAverage());
        report.line("system    %s %s, files on %s", system.getName(), system.getVersion(), fileSystem(place.work()));
        report.line("jdk       %s %s, heap %d MiB", jvm.getVmVendor(), Runtime.version(), heapMib());
        report.line("kernels   %s", Kernels.active().name());
        report.line("commit    %s", commit(place.repository()));
        report.line("data      seed %d", Dataset.SEED);
    }

    private static long heapMib() {
        return Runtime.getRuntime().maxMemory() >> 20;
    }

    /** The text after the colon of the first line that begins so; the whole line where there is none. */
    private static String firstMatch(Path file, String start) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(start))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String fileSystem(Path folder) {
        try {
            return Files.getFileStore(folder).type();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String commit(Path repository) {
        String head = Processes.firstLine(repository, "git", "rev-parse", "--verify", "--short=12", "-q", "HEAD")
                .orElse("none");
        boolean clean = Processes.firstLine(repository, "git", "status", "--porcelain")
                .orElse("?")
                .isEmpty();
        return clean ? head : head + " with local changes";
    }
}
