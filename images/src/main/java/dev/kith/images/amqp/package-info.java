/**
 * Images whose work is done by other processes, over RabbitMQ by the original's remote calls: the side that asks, and
 * the worker that answers. Either side may be the original's. Only here is the broker's client library named. Callers
 * block on their own threads; the library reads on its own, and each job runs on a virtual thread.
 */
@NullMarked
package dev.kith.images.amqp;

import org.jspecify.annotations.NullMarked;
