/// Why an object is not what it should be.
public enum PipelineError: Error, Hashable, Sendable {
    /// The repository stored something else than it was given.
    case storedOtherwise(ObjectKey, given: StoredObject, stored: StoredObject)
    /// What lies in the repository is not what was stored there.
    case storedDiffers(ObjectKey, expected: StoredObject, found: StoredObject)
    /// What was encrypted is not what the manifest says: it is another object's, or an older one.
    case plainDiffers(ObjectKey, expected: StoredObject, found: StoredObject)
    /// A program that wrote the bytes did not end well.
    case programFailed(name: String, ending: String, message: String)
}
