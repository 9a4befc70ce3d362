package dev.kith.embed.run;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.kith.embed.models.Network;
import dev.kith.embed.pipeline.Networks;
import dev.kith.embed.pipeline.Tensor;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sessions of one tower, each on one thread a call: two calls at once scale better than two threads in one call,
 * and a network's answer does not depend on how many cores there are. Safe on any thread; nothing may run while it
 * closes.
 */
final class Sessions implements Networks, AutoCloseable {
    /** ONNX Runtime, onnxruntime_run_options_config_keys.h. */
    private static final String SHRINKING = "memory.enable_memory_arena_shrinkage";

    private final OrtEnvironment environment;
    private final Map<String, OrtSession> sessions = new LinkedHashMap<>();

    private Sessions(OrtEnvironment environment) {
        this.environment = environment;
    }

    /** Opens each network from its file; those that are open are closed again where one fails. */
    static Sessions open(Path home, Map<String, Network> networks) throws OrtException {
        OrtEnvironment environment = Environment.get();
        Sessions opened = new Sessions(environment);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            for (var network : networks.entrySet()) {
                Path file = home.resolve(network.getValue().file());
                opened.sessions.put(network.getKey(), environment.createSession(file.toString(), options));
            }
            return opened;
        } catch (OrtException | RuntimeException fault) {
            opened.close();
            throw fault;
        }
    }

    @Override
    public Map<String, Tensor.Floats> run(String role, Map<String, Tensor> inputs) {
        return run(role, inputs, false);
    }

    /** The runtime keeps what the largest call needed, for the next; with this it gives that back at a call's end. */
    @Override
    public Networks sparing() {
        return (role, inputs) -> run(role, inputs, true);
    }

    private Map<String, Tensor.Floats> run(String role, Map<String, Tensor> inputs, boolean sparing) {
        OrtSession session = sessions.get(role);
        if (session == null) {
            throw new IllegalStateException("there is no network " + role);
        }
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            for (var input : inputs.entrySet()) {
                // Exports differ in which optional inputs they kept.
                if (session.getInputNames().contains(input.getKey())) {
                    tensors.put(input.getKey(), tensor(input.getValue()));
                }
            }
            try (OrtSession.Result result = sparing ? sparing(session, tensors) : session.run(tensors)) {
                return outputs(result);
            }
        } catch (OrtException fault) {
            throw new IllegalStateException("network %s failed".formatted(role), fault);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private static OrtSession.Result sparing(OrtSession session, Map<String, OnnxTensor> tensors) throws OrtException {
        try (OrtSession.RunOptions options = new OrtSession.RunOptions()) {
            options.addRunConfigEntry(SHRINKING, "cpu:0");
            return session.run(tensors, options);
        }
    }

    private OnnxTensor tensor(Tensor tensor) throws OrtException {
        return switch (tensor) {
            case Tensor.Floats(float[] values, long[] shape) ->
                OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
            case Tensor.Longs(long[] values, long[] shape) ->
                OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
        };
    }

    /** Those that are tensors of floats; networks also give others, which no pipeline wants. */
    private static Map<String, Tensor.Floats> outputs(OrtSession.Result result) {
        Map<String, Tensor.Floats> outputs = new HashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
            if (output.getValue() instanceof OnnxTensor tensor) {
                FloatBuffer values = tensor.getFloatBuffer();
                if (values != null) {
                    float[] copy = new float[values.remaining()];
                    values.get(copy);
                    outputs.put(
                            output.getKey(),
                            new Tensor.Floats(copy, tensor.getInfo().getShape()));
                }
            }
        }
        return outputs;
    }

    /** The shape that the only network declares for an output; empty where it has none of that name. -1: any extent. */
    long[] declared(String role, String output) throws OrtException {
        OrtSession session = sessions.get(role);
        NodeInfo node = session == null ? null : session.getOutputInfo().get(output);
        return node != null && node.getInfo() instanceof TensorInfo info ? info.getShape() : new long[0];
    }

    @Override
    public void close() {
        for (OrtSession session : sessions.values()) {
            try {
                session.close();
            } catch (OrtException fault) {
                throw new IllegalStateException("a session did not close", fault);
            }
        }
        sessions.clear();
    }
}
