package dev.kith.app;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The process: what comes from outside goes in here, and the exit code comes out. */
public final class Main {
    /** Longest that a stop may take; what was acknowledged is on the disk before, so ending then loses nothing. */
    private static final Duration STOP_MAX = Duration.ofMillis(4_500);

    /**
     * Platform threads that carry the virtual threads of requests; the JDK's default is one a core. A request that
     * computes for long (a merge, a large reply, the opening of a collection) keeps its carrier, so with as many of
     * them as cores the next ping would wait for seconds. With more, the operating system shares the cores out.
     */
    private static final int CARRIERS = 64;

    /**
     * A peer that begins one handshake after another on its connection has us compute for nothing; HTTP/2 forbids it
     * (RFC 9113, 9.2.1). Java lets nobody say so of one engine.
     */
    private static final String NO_RENEGOTIATION_PROPERTY = "jdk.tls.rejectClientInitiatedRenegotiation";

    private static final String CARRIERS_PROPERTY = "jdk.virtualThreadScheduler.parallelism";

    private Main() {}

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", KeptLogs.class.getName());
        System.setProperty(NO_RENEGOTIATION_PROPERTY, "true");
        if (System.getProperty(CARRIERS_PROPERTY) == null) {
            System.setProperty(CARRIERS_PROPERTY, Integer.toString(CARRIERS));
        }
        var surroundings = new Cli.Surroundings(
                System.getenv(), ConfigReader.Machine.present(), System.out, System.err, Main::serve, Main::work);
        int code = new Cli(surroundings).run(arguments);
        if (code != Cli.OK) {
            System.exit(code);
        }
    }

    private static int serve(Config config) {
        return run(config.logging(), () -> Kith.start(config));
    }

    private static int work(WorkerConfig config) {
        return run(config.config().logging(), () -> Worker.start(config));
    }

    /** Runs until the process is told to stop; returns only where it could not start. */
    private static int run(Config.Logging logging, Supplier<Kith> start) {
        AtomicReference<@Nullable Kith> running = new AtomicReference<>();
        Thread stop = Thread.ofPlatform().name("kith-stop").unstarted(() -> stop(running));
        try {
            Logs.configure(logging);
            Runtime.getRuntime().addShutdownHook(stop);
            Kith kith = start.get();
            running.set(kith);
            System.out.println(kith.readyLine());
            System.out.flush();
            new CountDownLatch(1).await();
        } catch (IOException unwritable) {
            System.err.println("kith: the log file cannot be written: " + unwritable.getMessage());
        } catch (StartException failed) {
            System.err.println("kith: " + failed.getMessage());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(stop);
        return Cli.FAILED;
    }

    /** Runs when a signal ends the process. A clean stop is a success, so it ends with 0 and not the signal's code. */
    private static void stop(AtomicReference<@Nullable Kith> running) {
        Logger log = System.getLogger(Main.class.getName());
        log.log(Level.INFO, "Stopping");
        Kith kith = running.get();
        if (kith != null) {
            Thread closing = Thread.ofPlatform().daemon().name("kith-close").start(kith::close);
            try {
                boolean closed = closing.join(STOP_MAX);
                log.log(Level.INFO, closed ? "Stopped" : "Stopped with requests unfinished");
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }
        Runtime.getRuntime().halt(Cli.OK);
    }
}
