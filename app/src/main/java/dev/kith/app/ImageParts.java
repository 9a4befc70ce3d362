package dev.kith.app;

import dev.kith.fetch.FetchLimits;
import dev.kith.fetch.Fetcher;
import dev.kith.fetch.HttpFetcher;
import dev.kith.images.ImageModels;
import dev.kith.images.Images;
import dev.kith.images.LocalGallery;
import dev.kith.images.LocalImages;
import dev.kith.images.amqp.QueueImages;
import dev.kith.service.Service;
import java.io.IOException;

/** What fetches, embeds and keeps images: this process, or workers behind a queue. */
final class ImageParts {
    private ImageParts() {}

    static Images open(Config config, Service service, Closing parts) {
        if (config.queue().isEmpty()) {
            return new LocalImages(new LocalGallery(service), service, parts.add(fetcher(config)));
        }
        var broker = config.queue().get();
        try {
            return parts.add(new QueueImages(broker, new ImageModels(service), QueueImages.WAIT));
        } catch (IOException unreachable) {
            throw new StartException("the queue at %s cannot be reached".formatted(broker), unreachable);
        }
    }

    static Fetcher fetcher(Config config) {
        return new HttpFetcher(new HttpFetcher.Settings(
                config.fetching().allowed(),
                config.fetching().userAgent(),
                FetchLimits.forHeap(Runtime.getRuntime().maxMemory())));
    }
}
