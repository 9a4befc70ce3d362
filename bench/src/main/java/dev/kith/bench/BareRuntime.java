package dev.kith.bench;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * The model runtime as its makers offer it: tokens that were made before go in, states come out and are thrown
 * away.
 */
final class BareRuntime implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment("kith");
    private final OrtSession session;
    private final List<long[]> tokens = new ArrayList<>();

    BareRuntime(Path home, List<String> texts) {
        Map<String, String> options = Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");
        try (HuggingFaceTokenizer tokenizer =
                        HuggingFaceTokenizer.newInstance(home.resolve("tokenizer.json"), options);
                OrtSession.SessionOptions one = new OrtSession.SessionOptions()) {
            one.setIntraOpNumThreads(1);
            session = environment.createSession(home.resolve("model.onnx").toString(), one);
            for (String text : texts) {
                Encoding encoding = tokenizer.encode(text, true, false);
                tokens.add(encoding.getIds());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    double tokensMean() {
        return tokens.stream().mapToInt(each -> each.length).average().orElse(0);
    }

    /** Runs all texts, so many a call, from so many threads; those of one call have about one length. */
    void run(int batch, int threads) {
        List<long[]> order = new ArrayList<>(tokens);
        if (batch > 1) {
            order.sort(Comparator.comparingInt(each -> each.length));
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("bare-", 0).factory())) {
            List<Future<?>> parts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread;
                parts.add(pool.submit(() -> {
                    for (int at = first * batch; at < order.size(); at += threads * batch) {
                        states(order.subList(at, Math.min(order.size(), at + batch)));
                    }
                }));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A text's vector, computed the plainest way. */
    float[] vector(int text) {
        float[] states = states(List.of(tokens.get(text)));
        float[] mean = new float[states.length / tokens.get(text).length];
        for (int i = 0; i < states.length; i++) {
            mean[i % mean.length] += states[i];
        }
        double norm = Math.sqrt(IntStream.range(0, mean.length)
                .mapToDouble(i -> (double) mean[i] * mean[i])
                .sum());
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= (float) norm;
        }
        return mean;
    }

    /** {@code float[texts × tokens × width]}, copied out of the runtime's memory once. */
    private float[] states(List<long[]> batch) {
        int length = batch.stream().mapToInt(each -> each.length).max().orElse(0);
        long[] ids = new long[batch.size() * length];
        long[] mask = new long[ids.length];
        for (int at = 0; at < batch.size(); at++) {
            System.arraycopy(batch.get(at), 0, ids, at * length, batch.get(at).length);
            Arrays.fill(mask, at * length, at * length + batch.get(at).length, 1);
        }
        long[] shape = {batch.size(), length};
        try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", idTensor, "attention_mask", maskTensor, "token_type_ids", types))) {
            FloatBuffer states = ((OnnxTensor) result.get(0)).getFloatBuffer();
            return states.array();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
