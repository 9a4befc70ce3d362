package dev.kith.app;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What holds where nobody said anything, and what a command line allows.
 *
 * @param data empty: in memory
 * @param openAllowed whether listening beyond loopback without authentication is part of the command's contract
 */
record Defaults(
        Optional<Path> data, InetAddress bind, boolean openAllowed, Set<Door> doors, Config.Logging.Level logLevel) {

    /** Ports by the originals' documentation; 4213 and 8000 likewise. */
    static final Config.Ports PORTS = new Config.Ports(45_678, 1_369, 1_370, 4_213, 8_000);
    /** Share of the machine's memory, in percent: the rest is for the heap of requests, the page cache and others. */
    static final int MEMORY_PERCENT = 75;

    /** Where installed models are, below the data folder. */
    static final String MODELS_FOLDER = "models";

    /** As in the original. */
    static final int MODEL_IDLE_SECONDS = 300;

    static Defaults serve() {
        return new Defaults(
                Optional.of(Path.of("kith-data")),
                Addresses.literal("127.0.0.1"),
                false,
                Door.existing(),
                Config.Logging.Level.INFO);
    }

    /** The originals listen on loopback, and keep nothing unless they are told where. */
    static Defaults ahnlich(Door door) {
        return new Defaults(
                Optional.empty(), Addresses.literal("127.0.0.1"), true, Set.of(door), Config.Logging.Level.INFO);
    }

    /** A worker keeps its data where it is told, or elsewhere; only its health can be asked for. */
    static Defaults worker() {
        return new Defaults(
                Optional.empty(), Addresses.literal("127.0.0.1"), true, Set.of(), Config.Logging.Level.INFO);
    }

    /** The original listens everywhere, keeps nothing without a data folder, and logs warnings only. */
    static Defaults faissx() {
        return new Defaults(
                Optional.empty(),
                Addresses.literal("0.0.0.0"),
                true,
                Set.of(Door.FAISSX),
                Config.Logging.Level.WARNING);
    }
}
