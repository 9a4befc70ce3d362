package dev.kith.embed.run;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The runtime's environment, which is there for as long as the process. Its Java binding registers a shutdown hook that
 * gives it up at once, while this server's own still lets requests and loading networks come to their end: they would
 * end the process with SIGABRT. The native side counts who has the environment, so one more holder, who never gives it
 * up, keeps it (ONNX Runtime, core/session/ort_env.cc). Safe on any thread.
 */
final class Environment {
    private static final OrtEnvironment KEPT = kept();

    private Environment() {}

    static OrtEnvironment get() {
        return KEPT;
    }

    private static OrtEnvironment kept() {
        OrtEnvironment environment = OrtEnvironment.getEnvironment("kith");
        try {
            MethodHandles.Lookup runtime = MethodHandles.privateLookupIn(OrtEnvironment.class, MethodHandles.lookup());
            long api = (long) runtime.findStaticGetter(
                            runtime.findClass("ai.onnxruntime.OnnxRuntime"), "ortApiHandle", long.class)
                    .invokeExact();
            MethodType creates = MethodType.methodType(long.class, long.class, int.class, String.class);
            var _ = (long) runtime.findStatic(OrtEnvironment.class, "createHandle", creates)
                    .invokeExact(api, OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING.getValue(), "kith");
            environment.setTelemetry(false);
        } catch (Throwable changed) {
            throw new IllegalStateException("the model runtime's binding is not the one that was tried", changed);
        }
        return environment;
    }
}
