/// A text under construction that cannot outgrow its room, for filters whose result may be many
/// times their input.
struct BoundedText {
    private(set) var text = ""
    private var room: Int

    init(room: Int) {
        self.room = room
    }

    mutating func append(_ part: some StringProtocol) throws(Problem) {
        try reserve(part.utf8.count)
        text += part
    }

    mutating func append(_ unit: String, times count: Int) throws(Problem) {
        let (bytes, overflow) = unit.utf8.count.multipliedReportingOverflow(by: max(0, count))
        try reserve(overflow ? .max : bytes)
        text += String(repeating: unit, count: max(0, count))
    }

    private mutating func reserve(_ bytes: Int) throws(Problem) {
        guard bytes <= room else { throw .limit("the template makes too much text") }
        room -= bytes
    }
}
