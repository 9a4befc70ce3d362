package dev.kith.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * A connection to one of the checked addresses of a host, for one request. With TLS the certificate must be that of the
 * host's name, although the connection was made to an address.
 */
final class Connection implements AutoCloseable {
    private final Socket plain;
    private final Socket socket;

    private Connection(Socket plain, Socket socket) {
        this.plain = plain;
        this.socket = socket;
    }

    /**
     * Connects to the first of these addresses that answers.
     *
     * @throws FetchException where none does, or where the host has not the right certificate
     */
    static Connection open(Address address, List<InetAddress> checked, Manner manner) throws IOException {
        Socket plain = connect(address, checked, manner);
        try {
            plain.setSoTimeout(manner.milliseconds(manner.limits.silence()));
            plain.setTcpNoDelay(true);
            return new Connection(plain, address.secure() ? encrypted(plain, address, manner.tls) : plain);
        } catch (SSLException refused) {
            plain.close();
            throw manner.deadline.isOver() ? FetchException.late() : FetchException.untrusted();
        } catch (IOException failed) {
            plain.close();
            throw failed;
        }
    }

    /** How connections are made. */
    record Manner(FetchLimits limits, SSLSocketFactory tls, Deadline deadline) {
        int milliseconds(Duration limit) {
            return Math.min((int) limit.toMillis(), deadline.remainingMs());
        }
    }

    private static Socket connect(Address address, List<InetAddress> checked, Manner manner) throws IOException {
        boolean late = false;
        for (InetAddress candidate : checked) {
            // Without a proxy: one that the JVM was told of would resolve the name again.
            Socket socket = new Socket(Proxy.NO_PROXY);
            try {
                manner.deadline.guard(socket);
                socket.connect(
                        new InetSocketAddress(candidate, address.port()), manner.milliseconds(manner.limits.connect()));
                return socket;
            } catch (IOException unreachable) {
                socket.close();
                late = unreachable instanceof SocketTimeoutException || manner.deadline.isOver();
            }
        }
        throw late ? FetchException.late() : FetchException.unreachable();
    }

    private static SSLSocket encrypted(Socket plain, Address address, SSLSocketFactory factory) throws IOException {
        SSLSocket socket = (SSLSocket) factory.createSocket(plain, address.host(), address.port(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    InputStream input() throws IOException {
        return socket.getInputStream();
    }

    /** Closes the socket beneath TLS: a farewell could wait for the other side. */
    @Override
    public void close() throws IOException {
        plain.close();
    }
}
