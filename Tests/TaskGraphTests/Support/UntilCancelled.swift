/// Waits until the task is cancelled, on no clock: what a test moves is then only the engine's
/// own alarms and waits, whichever of them comes first.
func untilCancelled() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}
    withExtendedLifetime(continuation) {}
}
