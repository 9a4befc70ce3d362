package dev.kith.embed.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.kith.embed.Embedding;
import dev.kith.embed.Input;
import dev.kith.embed.Preparation;
import dev.kith.embed.Unembeddable;
import dev.kith.embed.models.Tower;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Pipeline;
import dev.kith.embed.pipeline.Rows;
import dev.kith.embed.pipeline.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Texts: prefix, tokens, cut or refused where there are too many, one network, pooling, unit length.
 *
 * <p>A text is cut by us and not by the tokenizer, since the tokenizer's own limits are another matter than the
 * network's: the tokens after the limit go, and the tokenizer's closing token, which stands last, stays.
 */
public final class TextPipeline implements Pipeline<Tokens> {
    /** Longest text in characters, whatever is cut of it: it takes a fifth of a second to tokenize. */
    static final int CHARACTERS_MAX = 1 << 20;

    /**
     * What attention lays out for each pair of tokens: three tensors of sixteen heads. Measured of twelve heads without
     * and with biases: 128 and 176 bytes.
     */
    private static final long BYTES_A_PAIR = 192;
    /** What lies between layers for each token: twelve times a width of 1,024. */
    private static final long BYTES_A_TOKEN = 48 << 10;

    private static final String IDS = "ids";
    private static final String MASK = "mask";
    private static final String TYPES = "types";
    private static final String STATES = "states";
    private static final String VECTOR = "vector";

    private final Tower.Text tower;
    private final HuggingFaceTokenizer tokenizer;

    private TextPipeline(Tower.Text tower, HuggingFaceTokenizer tokenizer) {
        this.tower = tower;
        this.tokenizer = tokenizer;
    }

    /**
     * Reads the tokenizer.
     *
     * @throws IOException where it cannot be read
     * @throws RuntimeException where the library cannot use it
     */
    public static TextPipeline open(Path tokenizerFile, Tower.Text tower) throws IOException {
        Map<String, String> options = Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");
        return new TextPipeline(tower, HuggingFaceTokenizer.newInstance(tokenizerFile, options));
    }

    @Override
    public long preparedBytesMax() {
        return 2L * Long.BYTES * tower.tokensMax();
    }

    @Override
    public Tokens prepare(Input input, Preparation preparation) {
        if (!(input instanceof Input.Text(String text))) {
            throw new IllegalStateException("no text: " + input.getClass());
        }
        if (text.length() > CHARACTERS_MAX) {
            throw new Unembeddable(
                    Unembeddable.Reason.TOO_LONG,
                    0,
                    "The text has %d characters; at most %d are taken".formatted(text.length(), CHARACTERS_MAX));
        }
        String role = preparation.parameters().getOrDefault(Tower.Text.ROLE, "");
        Encoding encoding = tokenizer.encode(tower.prefixes().getOrDefault(role, "") + text, true, false);
        long[] ids = encoding.getIds();
        if (ids.length <= tower.tokensMax()) {
            return new Tokens(ids, encoding.getTypeIds());
        }
        if (!preparation.prepared()) {
            throw new Unembeddable(
                    Unembeddable.Reason.TOO_LONG,
                    0,
                    "The text has %d tokens; the model takes %d".formatted(ids.length, tower.tokensMax()),
                    Optional.of(new Unembeddable.Measure(List.of(ids.length), List.of(tower.tokensMax()))));
        }
        return new Tokens(cut(ids), cut(encoding.getTypeIds()));
    }

    /** The first tokens, and the last, which closes the text. */
    private long[] cut(long[] tokens) {
        long[] kept = Arrays.copyOf(tokens, tower.tokensMax());
        kept[kept.length - 1] = tokens[tokens.length - 1];
        return kept;
    }

    @Override
    public int length(Tokens tokens) {
        return tokens.count();
    }

    @Override
    public long computingBytes(int count, int length) {
        return count * (BYTES_A_PAIR * length + BYTES_A_TOKEN) * length;
    }

    @Override
    public List<List<Embedding>> run(List<Tokens> batch, Networks networks) {
        int tokens = batch.stream().mapToInt(Tokens::count).max().orElse(0);
        Map<String, Tensor.Floats> outputs = networks.run(Networks.ONLY, tensors(batch, tokens));
        String wanted = tower.network().output(tower.pooling() == Tower.Pooling.PROJECTED ? VECTOR : STATES);
        Tensor.Floats output = Rows.of(outputs, wanted, batch.size());
        List<List<Embedding>> embeddings = new ArrayList<>(batch.size());
        for (int at = 0; at < batch.size(); at++) {
            float[] vector = pooled(output, at, batch.get(at).count());
            if (tower.normalised()) {
                Rows.normalise(vector);
            }
            embeddings.add(List.of(new Embedding(vector, Collections.emptySortedMap())));
        }
        return embeddings;
    }

    private float[] pooled(Tensor.Floats output, int at, int count) {
        return switch (tower.pooling()) {
            case MEAN -> Pooling.mean(output, at, count);
            case FIRST -> Pooling.first(output, at);
            case PROJECTED -> Rows.row(output, at);
        };
    }

    /** {@code long[batch × tokens]} each; shorter texts are filled with zeros, which the mask leaves out. */
    private Map<String, Tensor> tensors(List<Tokens> batch, int tokens) {
        long[] ids = new long[batch.size() * tokens];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        for (int at = 0; at < batch.size(); at++) {
            Tokens text = batch.get(at);
            System.arraycopy(text.ids(), 0, ids, at * tokens, text.count());
            System.arraycopy(text.types(), 0, types, at * tokens, text.count());
            Arrays.fill(mask, at * tokens, at * tokens + text.count(), 1);
        }
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put(tower.network().input(IDS), new Tensor.Longs(ids, batch.size(), tokens));
        inputs.put(tower.network().input(MASK), new Tensor.Longs(mask, batch.size(), tokens));
        inputs.put(tower.network().input(TYPES), new Tensor.Longs(types, batch.size(), tokens));
        return inputs;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
