package dev.kith.app;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * Puts the native libraries of the model runtime where they stay, and keeps their Java sides from the network. Left
 * alone, one library is unpacked anew by every process into a temporary folder that stays behind when the process is
 * killed. The libraries read what is said here from properties of the process, once; whoever set one before is obeyed.
 */
final class NativeLibraries {
    private static final Logger LOG = System.getLogger(NativeLibraries.class.getName());
    private static final String ONNX_FOLDER = "onnxruntime.native.path";
    private static final String TOKENIZERS_FOLDER = "ENGINE_CACHE_DIR";
    private static final List<String> ONNX_LIBRARIES = List.of("onnxruntime", "onnxruntime4j_jni");

    private NativeLibraries() {}

    static void prepare(Path cache) {
        preset("ai.djl.offline", "true");
        preset("OPT_OUT_TRACKING", "true");
        if (isGone(TOKENIZERS_FOLDER)) {
            System.setProperty(TOKENIZERS_FOLDER, cache.toString());
        }
        if (isGone(ONNX_FOLDER)) {
            try {
                unpackOnnx(cache);
            } catch (IOException failed) {
                LOG.log(Level.WARNING, "The model runtime is unpacked by itself, since it could not be kept", failed);
            }
        }
    }

    /** Whether nothing is said, or a server of this process that has ended since said it. */
    private static boolean isGone(String property) {
        String folder = System.getProperty(property);
        return folder == null || !Files.isDirectory(Path.of(folder));
    }

    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static void unpackOnnx(Path cache) throws IOException {
        String place = "/ai/onnxruntime/native/" + platform() + "/";
        Path folder = cache;
        for (String library : ONNX_LIBRARIES) {
            URL source = NativeLibraries.class.getResource(place + System.mapLibraryName(library));
            if (source == null || !(source.openConnection() instanceof JarURLConnection jar)) {
                return;
            }
            // The first library's checksum names the folder, so that another version's are not mistaken for these.
            if (folder.equals(cache)) {
                folder = Files.createDirectories(cache.resolve(
                        "onnxruntime-%08x".formatted(jar.getJarEntry().getCrc())));
            }
            Path target = folder.resolve(System.mapLibraryName(library));
            if (!Files.exists(target) || Files.size(target) != jar.getJarEntry().getSize()) {
                unpack(jar, target);
            }
        }
        System.setProperty(ONNX_FOLDER, folder.toString());
    }

    private static void unpack(JarURLConnection jar, Path target) throws IOException {
        Path part = Files.createTempFile(target.getParent(), "library", ".part");
        try (InputStream in = jar.getInputStream()) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** As the runtime's jar names its folders. */
    private static String platform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String name = system.startsWith("mac") ? "osx" : system.startsWith("windows") ? "win" : "linux";
        return name + "-" + (processor.equals("amd64") || processor.equals("x86_64") ? "x64" : "aarch64");
    }
}
