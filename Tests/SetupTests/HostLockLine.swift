import Vocabulary

@testable import Setup

extension HostLock {
    /// As the host writes it when the lock is taken.
    var line: String {
        "\(head),\"boot\":\(JSON.quoted(boot)),\"uptime\":\(uptime),\"expiry\":\(expiry)}"
    }
}
