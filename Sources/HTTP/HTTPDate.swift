public import Vocabulary

/// Dates as headers have them (RFC 9110 §5.6.7), in all three of their forms.
public enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter now: A year of two digits is less than 50 years later than this.
    public static func parse(_ text: String, now: Timestamp = .now) -> Timestamp? {
        let words = text.split(separator: " ").map(String.init)
        if words.count == 6, words[0].hasSuffix(","), words[3].utf8.count == 4, words[5] == "GMT" {
            // Sun, 06 Nov 1994 08:49:37 GMT
            return date(year: number(words[3]), month: words[2], day: words[1], time: words[4])
        }
        if words.count == 4, words[0].hasSuffix(","), words[3] == "GMT" {
            // Sunday, 06-Nov-94 08:49:37 GMT
            let parts = words[1].split(separator: "-", omittingEmptySubsequences: false)
                .map(String.init)
            guard parts.count == 3, parts[2].utf8.count == 2 else { return nil }
            let year = number(parts[2]).map { century($0, now) }
            return date(year: year, month: parts[1], day: parts[0], time: words[2])
        }
        // Sun Nov  6 08:49:37 1994
        guard words.count == 5, words[4].utf8.count == 4 else { return nil }
        return date(year: number(words[4]), month: words[1], day: words[2], time: words[3])
    }

    private static func date(year: Int?, month: String, day: String, time: String) -> Timestamp? {
        guard let year, let index = months.firstIndex(of: month), let day = number(day) else {
            return nil
        }
        let digits = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
        return Timestamp("\(digits)-\(two(index + 1))-\(two(day))T\(time)Z")
    }

    private static func century(_ year: Int, _ now: Timestamp) -> Int {
        let present = number(String(now.description.prefix(4))) ?? 2000
        let year = present - present % 100 + year
        return year > present + 50 ? year - 100 : year
    }

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension HTTPResponse {
    /// The server's clock when it answered.
    public var date: Timestamp? { headers["Date"].flatMap { HTTPDate.parse($0) } }

    /// How long the server asks to be left alone (RFC 9110 §10.2.3). A time of day is taken by
    /// the server's own clock, if it shows it.
    public var retryAfter: Duration? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Int(text), seconds >= 0 { return .seconds(min(seconds, 1 << 32)) }
        guard let time = HTTPDate.parse(text) else { return nil }
        return .seconds(max(0, time.seconds - (date ?? .now).seconds))
    }
}
