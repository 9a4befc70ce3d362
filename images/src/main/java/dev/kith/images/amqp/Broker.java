package dev.kith.images.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * Where a broker is.
 *
 * @param url such as {@code amqp://user:password@host:5672/vhost}, or {@code amqps://…}
 */
public record Broker(String url) {
    /** The queue of the original's calls. */
    static final String QUEUE = "idios_rpc_queue";

    private static final Logger LOG = System.getLogger(Broker.class.getName());
    private static final Pattern CREDENTIALS = Pattern.compile("//[^@/]*@");
    private static final int CONNECT_MS = 10_000;
    private static final int HEARTBEAT_SECONDS = 30;
    /** Bytes of one message: the usual limit of RabbitMQ 3. */
    static final int MESSAGE_BYTES_MAX = 128 << 20;
    /** Bytes of a message that every broker takes: a little less than the usual limit of RabbitMQ 4. */
    static final int SURE_BYTES_MAX = 15 << 20;

    /** @throws IllegalArgumentException where the URL is not one of AMQP */
    public Broker {
        if (!url.startsWith("amqp://") && !url.startsWith("amqps://")) {
            throw new IllegalArgumentException("is not an address such as amqp://user:password@host:5672");
        }
        factory(url);
    }

    private static ConnectionFactory factory(String url) {
        ConnectionFactory factory = new ConnectionFactory();
        try {
            factory.setUri(url);
            if (url.startsWith("amqps://")) {
                // What the library does by itself trusts every certificate.
                factory.useSslProtocol(SSLContext.getDefault());
                factory.enableHostnameVerification();
            }
        } catch (URISyntaxException | IllegalArgumentException | GeneralSecurityException malformed) {
            throw new IllegalArgumentException("is not an address such as amqp://user:password@host:5672", malformed);
        }
        factory.setConnectionTimeout(CONNECT_MS);
        factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
        // A link brings back more than the library would.
        factory.setAutomaticRecoveryEnabled(false);
        factory.setMaxInboundMessageBodySize(MESSAGE_BYTES_MAX);
        factory.setThreadFactory(
                Thread.ofPlatform().daemon().name("kith-amqp-", 0).factory());
        return factory;
    }

    Connection connect(String name) throws IOException {
        try {
            return factory(url).newConnection(name);
        } catch (TimeoutException late) {
            throw new IOException("The broker does not answer", late);
        }
    }

    /** Says farewell, and waits for that no longer: a broker that holds back lets nothing be written to it. */
    static void leave(Runnable farewell, Duration most) {
        Thread leaving = Thread.ofVirtual().name("kith-amqp-leave").start(farewell);
        try {
            if (!leaving.join(most)) {
                LOG.log(Level.WARNING, "The broker takes nothing; it is left without a word");
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** The broker's port. */
    public int port() {
        return factory(url).getPort();
    }

    /** Without the credentials. */
    @Override
    public String toString() {
        return CREDENTIALS.matcher(url).replaceFirst("//");
    }
}
