package dev.kith.app;

import dev.kith.images.Gallery;
import dev.kith.images.LocalGallery;
import dev.kith.images.LocalImages;
import dev.kith.images.amqp.HealthListener;
import dev.kith.images.amqp.QueueWorker;
import dev.kith.images.remote.RemoteGallery;
import dev.kith.service.Caller;
import dev.kith.service.Service;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** A process that takes jobs from a queue and has no doors. */
final class Worker {
    private static final Logger LOG = System.getLogger(Worker.class.getName());

    private Worker() {}

    /** Begins to work; what is open already is closed where a later part fails. */
    static Kith start(WorkerConfig config) {
        return Closing.opened(parts -> start(config, parts));
    }

    private static Kith start(WorkerConfig settings, Closing parts) {
        Config config = settings.config();
        Core core = Core.open(config, parts);
        core.embedder().warmUp();
        Service service = core.service(config, new SimpleMeterRegistry(), parts);
        Gallery gallery = settings.store().isPresent()
                ? parts.add(new RemoteGallery(
                        settings.store().get().server(), settings.store().get().key()))
                : new LocalGallery(service);
        LocalImages images = new LocalImages(gallery, service, parts.add(ImageParts.fetcher(config)));
        SequencedMap<String, Integer> ports = new LinkedHashMap<>();
        try {
            Caller caller = new Caller(Caller.TENANT_DEFAULT, "worker");
            QueueWorker worker = parts.add(new QueueWorker(settings.broker(), images, caller, settings.prefetch()));
            ports.put("queue", settings.broker().port());
            if (settings.healthPort().isPresent()) {
                var address = new InetSocketAddress(
                        config.network().bind(), settings.healthPort().getAsInt());
                HealthListener health = parts.add(new HealthListener(address, worker::isConnected));
                ports.put("health", health.port());
            }
        } catch (IOException unreachable) {
            throw new StartException(
                    "the queue at %s cannot be used, or the health port: %s"
                            .formatted(settings.broker(), unreachable.getMessage()),
                    unreachable);
        }
        LOG.log(
                Level.INFO,
                () -> "Kith worker %s: queue %s, %s"
                        .formatted(
                                Version.text(),
                                settings.broker(),
                                settings.store()
                                        .map(store -> "store " + store)
                                        .orElse("data "
                                                + config.data()
                                                        .map(Object::toString)
                                                        .orElse("in memory"))));
        return new Kith(ports, parts);
    }
}
