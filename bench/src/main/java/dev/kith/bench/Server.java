package dev.kith.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server that runs as a process of its own until it is closed; what it logs goes to a file of the run. */
final class Server implements AutoCloseable {
    private static final Pattern FAISSX_PORT = Pattern.compile("^ready .*\\bfaissx=(\\d+).*$");
    private static final Pattern AHNLICH_PORT = Pattern.compile("^ready .*\\bahnlich-db=(\\d+).*$");
    private static final Pattern IDIOS_PORT = Pattern.compile("^ready .*\\bidios=(\\d+).*$");
    /** A million rows are loaded in a few; what was built before, see {@link #build}, is not built here. */
    private static final long READY_SECONDS = 120;
    /** What a clean stop may take. */
    private static final long END_SECONDS = 10;

    /** Where all servers of a run log. */
    private static final String LOG = "servers.log";

    private final Process process;
    private final int port;

    private Server(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Lets the launcher build what is not built yet, so that no measured start does. */
    static void build(Place place) {
        if (Processes.firstLine(place.work(), place.launcher().toString(), "version")
                .isEmpty()) {
            throw new IllegalStateException(place.launcher() + " does not work");
        }
    }

    /** Starts Kith as its users do and returns when it is ready. */
    static Server kith(Place place, Path data) {
        return kith(place, data, FAISSX_PORT);
    }

    /** The same; {@link #port} is that of the Ahnlich DB. */
    static Server kithAhnlich(Place place, Path data) {
        return kith(place, data, AHNLICH_PORT);
    }

    /** The same, which may fetch from this machine; {@link #port} is that of the Idios door. */
    static Server kithImages(Place place, Path data) {
        return kith(place, data, IDIOS_PORT, "--allow-fetch", "127.0.0.0/8");
    }

    /** Starts the original Ahnlich DB, which keeps nothing on disk. */
    static Server originalAhnlich(Place place, Path program) {
        int port = freePort();
        return new Server(start(place, List.of(program.toString(), "run", "--port", Integer.toString(port))), port);
    }

    /** Starts Kith and returns at once: the FAISSx door is still to open, on {@link #port}. */
    static Server kithOpening(Place place, Path data) {
        int port = freePort();
        return new Server(start(place, command(place, data, port, List.of())), port);
    }

    private static Server kith(Place place, Path data, Pattern door, String... more) {
        Process process = start(place, command(place, data, 0, List.of(more)));
        try {
            String line = new Lines("kith serve", process).next(READY_SECONDS);
            Matcher ready = door.matcher(line);
            if (!ready.matches()) {
                throw new IllegalStateException("the door is not in this line: " + line);
            }
            return new Server(process, Integer.parseInt(ready.group(1)));
        } catch (IllegalStateException e) {
            Processes.end(process, END_SECONDS);
            throw new IllegalStateException(e.getMessage() + "; its log:\n" + log(place), e);
        }
    }

    /** @param port of the FAISSx door; 0: any that is free, as the others' are */
    private static List<String> command(Place place, Path data, int port, List<String> more) {
        List<String> command = new ArrayList<>(List.of(place.launcher().toString(), "serve"));
        command.addAll(List.of("--faissx-port", Integer.toString(port)));
        for (String door : List.of("idios", "ahnlich-db", "ahnlich-ai")) {
            command.addAll(List.of("--" + door + "-port", "0"));
        }
        command.addAll(List.of("--data-dir", data.toString()));
        command.addAll(more);
        return command;
    }

    /** Starts the reference server, which says nothing when it is ready: its client asks until it answers. */
    static Server reference(Place place, Path command, Path data) {
        int port = freePort();
        Process process = start(
                place,
                List.of(
                        command.toString(),
                        "run",
                        "--bind-address",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--data-dir",
                        data.toString()));
        return new Server(process, port);
    }

    private static Process start(Place place, List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .directory(place.work().toFile())
                    .redirectError(
                            ProcessBuilder.Redirect.appendTo(place.file(LOG).toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("could not start " + command.getFirst(), e);
        }
    }

    private static String log(Place place) {
        try {
            return Files.readString(place.file(LOG));
        } catch (IOException e) {
            return "unreadable";
        }
    }

    private static int freePort() {
        try (java.net.ServerSocket socket =
                new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    String endpoint() {
        return "tcp://127.0.0.1:" + port;
    }

    long residentBytes() {
        return Processes.residentBytes(process.pid());
    }

    @Override
    public void close() {
        Processes.end(process, END_SECONDS);
    }
}
