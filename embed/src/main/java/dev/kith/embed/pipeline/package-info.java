/**
 * What one kind of model does with its inputs: how it makes tensors of them, and vectors of what its networks answer.
 * Knows no runtime, no file and no queue. May import {@code embed}. Inputs are prepared on the caller's thread,
 * networks are asked on an inference thread.
 */
@NullMarked
package dev.kith.embed.pipeline;

import org.jspecify.annotations.NullMarked;
