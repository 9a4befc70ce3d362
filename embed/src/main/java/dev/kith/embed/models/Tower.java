package dev.kith.embed.models;

import dev.kith.embed.InputKind;
import dev.kith.embed.pipeline.Networks;
import java.util.List;
import java.util.Map;

/** What a model does with one kind of input. A model with two towers puts both kinds into one space. */
public sealed interface Tower {
    /** Most inputs that share a batch. */
    int BATCH_MAX = 256;
    /** Longest text in tokens: the longest context of the table, four times. */
    int TOKENS_MAX = 32_768;
    /** Largest tokenizer: three times that of a vocabulary of 250,000. It is in memory several times as it is read. */
    long TOKENIZER_BYTES_MAX = 64 << 20;
    /** Longest side of an image tensor in pixels. */
    int SIDE_MAX = 2_048;
    /** Longest sound in seconds. */
    int SECONDS_MAX = 600;

    InputKind kind();

    /** How large one input may be: tokens, pixels of a side, or seconds. */
    int inputMax();

    /** By their roles. */
    Map<String, Network> networks();

    /** Names of the other files that it needs. */
    default List<String> otherFiles() {
        return List.of();
    }

    /** How many inputs may share a batch, 1 to {@link #BATCH_MAX}. */
    int batch();

    /** What makes one vector of a text's tokens. */
    enum Pooling {
        /** The mean over the tokens of {@code states}. */
        MEAN,
        /** The first token of {@code states}. */
        FIRST,
        /** The network's output {@code vector} is it. */
        PROJECTED
    }

    /**
     * Texts. The network takes {@code ids}, and where it has them {@code mask} and {@code types}.
     *
     * @param tokenizer the file in Hugging Face's form
     * @param tokensMax longest text in tokens, with those that the tokenizer puts around it
     * @param prefixes what is put before a text, by the role that it is embedded for; the role of most is empty
     */
    record Text(
            Network network,
            String tokenizer,
            int tokensMax,
            Pooling pooling,
            boolean normalised,
            Map<String, String> prefixes,
            int batch)
            implements Tower {
        /** The parameter of a preparation that says which prefix is meant. */
        public static final String ROLE = "role";

        public Text {
            prefixes = Map.copyOf(prefixes);
        }

        @Override
        public InputKind kind() {
            return InputKind.TEXT;
        }

        @Override
        public int inputMax() {
            return tokensMax;
        }

        @Override
        public Map<String, Network> networks() {
            return Map.of(Networks.ONLY, network);
        }

        @Override
        public List<String> otherFiles() {
            return List.of(tokenizer);
        }
    }

    /**
     * Images as wholes. The network takes {@code pixels}, {@code float[batch × 3 × crop × crop]}, and gives
     * {@code vector}.
     */
    record Image(Network network, ImageRecipe recipe, boolean normalised, int batch) implements Tower {
        @Override
        public InputKind kind() {
            return InputKind.IMAGE;
        }

        @Override
        public int inputMax() {
            return recipe.crop();
        }

        @Override
        public Map<String, Network> networks() {
            return Map.of(Networks.ONLY, network);
        }
    }

    /**
     * How an image is made ready, in this order: resized, cropped in the middle, divided by 255, less the mean, divided
     * by the deviation.
     *
     * @param shorterSide what the shorter side becomes, in pixels
     * @param crop side of the square that is taken from the middle
     * @param means of red, green and blue, of values from 0 to 1
     * @param deviations the same
     */
    record ImageRecipe(int shorterSide, Resampling resampling, int crop, List<Float> means, List<Float> deviations) {
        public ImageRecipe {
            means = List.copyOf(means);
            deviations = List.copyOf(deviations);
        }
    }

    /** How pixels are made between pixels; both with antialiasing when an image shrinks. */
    enum Resampling {
        BILINEAR,
        BICUBIC
    }

    /**
     * Faces in images: any number of vectors for one image.
     *
     * @param networks by role: {@code detection}, {@code recognition}, and for some {@code attributes}
     * @param side of the square that the image is fitted into for the detection, in pixels
     */
    record Faces(Family family, Map<String, Network> networks, int side, int batch) implements Tower {
        /** Which networks it is made of, and so how their outputs are read. */
        public enum Family {
            SCRFD_ARCFACE,
            YUNET_SFACE
        }

        public Faces {
            networks = Map.copyOf(networks);
        }

        @Override
        public InputKind kind() {
            return InputKind.IMAGE;
        }

        @Override
        public int inputMax() {
            return side;
        }
    }

    /** Sounds. The network takes {@code spectrogram} and gives {@code vector}. */
    record Sound(Network network, SoundRecipe recipe, boolean normalised, int batch) implements Tower {
        @Override
        public InputKind kind() {
            return InputKind.AUDIO;
        }

        @Override
        public int inputMax() {
            return recipe.seconds();
        }

        @Override
        public Map<String, Network> networks() {
            return Map.of(Networks.ONLY, network);
        }
    }

    /**
     * How a sound is made ready: one channel at {@code rate}, repeated or cut to {@code seconds}, then a log-mel
     * spectrogram.
     *
     * @param rate samples a second
     * @param window samples of one Fourier transform, a power of two
     * @param hop samples between two of them
     * @param bands of the mel scale between {@code lowHz} and {@code highHz}
     */
    record SoundRecipe(int rate, int seconds, int window, int hop, int bands, int lowHz, int highHz) {}
}
