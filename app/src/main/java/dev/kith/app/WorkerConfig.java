package dev.kith.app;

import dev.kith.images.amqp.Broker;
import java.net.URI;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a worker is told, checked.
 *
 * @param config as of a server without doors: where data and models are, and how images are fetched
 * @param store the server that keeps what the worker makes; empty: the worker itself, in its data folder
 * @param prefetch messages that are worked on at once
 * @param healthPort where it is said over HTTP whether the broker is heard; 0: any free port
 */
record WorkerConfig(Config config, Broker broker, Optional<Store> store, int prefetch, OptionalInt healthPort) {

    /** A running server, and the key of the tenant whose collections are meant. */
    record Store(URI server, Optional<String> key) {
        /** Without the key. */
        @Override
        public String toString() {
            return server.toString();
        }
    }
}
