/**
 * The first import of each program of ours: grpc-js, once loaded, writes lines of its own to standard error ("E No address added …").
 * What they say reaches the caller as an error, in words. LATCHKEY_DEBUG shows them.
 */
if (!process.env.LATCHKEY_DEBUG) process.env.GRPC_VERBOSITY ??= "NONE";
