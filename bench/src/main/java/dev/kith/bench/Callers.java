package dev.kith.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many threads that call at once. */
final class Callers {
    private Callers() {}

    /** One call of one caller; {@code turn} counts from 0. */
    interface Call {
        void make(int caller, int turn);
    }

    /** When a caller stops: after so many calls or so many seconds, whichever comes first. */
    record Until(int calls, double seconds) {
        static Until calls(int calls) {
            return new Until(calls, Double.POSITIVE_INFINITY);
        }

        static Until seconds(double seconds) {
            return new Until(Integer.MAX_VALUE, seconds);
        }
    }

    /** Lets so many callers call, each one call after the other; returns calls a second, all together. */
    static double perSecond(int callers, Until until, Call call) {
        long started = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(
                callers, Thread.ofPlatform().daemon().name("bench-caller-", 0).factory())) {
            List<Future<Integer>> counts = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                int caller = i;
                counts.add(threads.submit(() -> {
                    int turn = 0;
                    while (turn < until.calls() && System.nanoTime() - started < until.seconds() * 1e9) {
                        call.make(caller, turn++);
                    }
                    return turn;
                }));
            }
            long total = 0;
            for (Future<Integer> count : counts) {
                total += count.get();
            }
            return total * 1e9 / (System.nanoTime() - started);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while callers ran", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a caller failed", e.getCause());
        }
    }
}
