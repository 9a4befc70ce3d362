package dev.kith.bench;

import java.nio.file.Path;

/** The peers' Python environment: made when it is missing, outside the repository, at exact versions. */
final class Peers {
    private final Place place;
    private final Path python;

    private Peers(Place place, Path python) {
        this.place = place;
        this.python = python;
    }

    /** Finds or makes the environment; needs {@code python3} on the path. */
    static Peers prepare(Place place) {
        return made(place, "python3", place.peer("environment.py").toString());
    }

    /** The same for {@code requirements-NAME.txt}. */
    static Peers prepare(Place place, String name) {
        return made(place, "python3", "-B", place.peer("environment.py").toString(), name);
    }

    private static Peers made(Place place, String... command) {
        Path python = Processes.firstLine(place.repository(), command)
                .map(Path::of)
                .orElseThrow(() -> new IllegalStateException(
                        "the peers need python3 (3.11 or later, with the venv module) on the path"));
        return new Peers(place, python);
    }

    /** Starts a program of {@code bench/peers} that may use so many threads. */
    Peer start(String program, int threads) {
        return new Peer(python, place.peer(program), threads);
    }

    Path python() {
        return python;
    }

    /** A command that the environment installed. */
    Path command(String name) {
        return python.resolveSibling(name);
    }

    /**
     * Prints FAISS's version and compile options.
     *
     * @throws IllegalStateException for a build without AVX2 or AVX-512: it is about three times slower than FAISS is
     */
    static void requireFastFaiss(Peer faiss, Report report) {
        var about = faiss.ask("about");
        String options = about.getOrDefault("options", "");
        report.line("peer      faiss-cpu %s, compiled with %s", about.getOrDefault("version", "unknown"), options);
        if (!options.contains("AVX2") && !options.contains("AVX512")) {
            throw new IllegalStateException("this FAISS was built without AVX2 and AVX-512: no valid peer");
        }
    }
}
