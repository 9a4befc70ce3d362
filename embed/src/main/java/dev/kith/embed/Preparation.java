package dev.kith.embed;

import java.util.Map;

/**
 * How inputs are made ready for a model: what doors do differently. What the model itself demands is in its descriptor.
 *
 * @param prepared whether the input is prepared as the model's descriptor says (text cut to the model's length, images
 *     resized, cropped and normalised). If not, text that is too long is refused, and images must have the model's size
 *     and go in as they are
 * @param orientation what is done about the orientation that an image's EXIF data names
 * @param sideMin shortest side of an image in pixels, 0: any; a smaller one is refused
 * @param sideMax longest side of an image in pixels that is not first shrunk to fit, 0: none is
 * @param parameters knobs of single models by name, such as {@code confidence_threshold}; unknown ones are passed over
 */
public record Preparation(
        boolean prepared, Orientation orientation, int sideMin, int sideMax, Map<String, String> parameters) {
    /** The model's own preparation and nothing else. */
    public static final Preparation MODEL = new Preparation(true, Orientation.IGNORED, 0, 0, Map.of());

    /** What is done about the orientation that an image's EXIF data names. */
    public enum Orientation {
        IGNORED,
        APPLIED
    }

    public Preparation {
        parameters = Map.copyOf(parameters);
    }
}
