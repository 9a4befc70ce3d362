package dev.kith.images;

import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.fetch.FetchException;
import dev.kith.fetch.Fetcher;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.Service;
import java.util.List;
import java.util.Map;

/** Makes vectors of addresses, picture files and words, by the rules of Idios. Safe on any thread. */
final class Pictures {
    private static final int SIDE_MIN = 150;
    private static final int SIDE_MAX = 1_000;
    /** What helps who searched by words where only pictures are known. */
    private static final String WORDS =
            "; words need a model of texts and pictures, such as vit_b32: kith models pull vit_b32";

    private static final Preparation PREPARATION =
            new Preparation(true, Preparation.Orientation.IGNORED, SIDE_MIN, SIDE_MAX, Map.of());

    private final Service service;
    private final Fetcher fetcher;

    Pictures(Service service, Fetcher fetcher) {
        this.service = service;
        this.fetcher = fetcher;
    }

    float[] ofUrl(Caller caller, ImageModel model, String url) {
        try {
            return fetcher.get(url, bytes -> ofFile(caller, model, bytes));
        } catch (FetchException failed) {
            throw new BadImage(failed.text());
        }
    }

    float[] ofFile(Caller caller, ImageModel model, byte[] bytes) {
        return embed(caller, model, new Input.Image(bytes));
    }

    float[] ofText(Caller caller, ImageModel model, String text) {
        return embed(caller, model, new Input.Text(text));
    }

    private float[] embed(Caller caller, ImageModel model, Input input) {
        try {
            return service.handle(caller, new Command.Embed(model.name(), List.of(input), PREPARATION))
                    .getFirst()
                    .getFirst()
                    .vector();
        } catch (Unembeddable refused) {
            throw new BadImage(
                    switch (refused.reason()) {
                        case TOO_SMALL ->
                            "Images must have their dimensions above %d x %d pixels".formatted(SIDE_MIN, SIDE_MIN);
                        case TOO_LARGE -> "The image has more bytes or pixels than can be taken";
                        case UNDECODABLE -> "The image cannot be decoded";
                        case KIND -> input instanceof Input.Text ? refused.text() + WORDS : refused.text();
                        case TOO_LONG, SIZE, UNPREPARED -> refused.text();
                    });
        }
    }
}
