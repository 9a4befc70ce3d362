package dev.kith.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this build is. */
final class Version {
    private static final String RESOURCE = "version.properties";

    private Version() {}

    /** The version as three numbers, such as {@code 0.1.0}: clients of Ahnlich read nothing else. */
    static String numbers() {
        return text().replaceFirst("-.*", "");
    }

    /** The version in the build's own words, such as {@code 0.1.0}. */
    static String text() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("The build has no " + RESOURCE);
            }
            properties.load(in);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(RESOURCE, unreadable);
        }
        return properties.getProperty("version");
    }
}
