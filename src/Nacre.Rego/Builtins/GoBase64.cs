namespace Nacre.Rego.Builtins;

/// <summary>Base64 as Go's encoding/base64 reads it: line ends are skipped, anything else that does not fit is an error with its offset.</summary>
internal static class GoBase64
{
    public static byte[] Decode(string text, bool url, bool padded)
    {
        var bytes = new List<byte>(text.Length * 3 / 4);
        var (bits, count, digits, at) = (0, 0, 0, 0);
        for (; at < text.Length && text[at] != '='; at++)
        {
            if (text[at] is '\r' or '\n')
                continue;
            var value = Value(text[at], url);
            if (value < 0)
                throw Corrupt(at);

            bits = (bits << 6) | value;
            count += 6;
            digits++;
            if (count >= 8)
            {
                count -= 8;
                bytes.Add((byte)(bits >> count));
                bits &= (1 << count) - 1;
            }
        }

        var padding = 0;
        var start = at;
        for (; at < text.Length; at++)
        {
            if (text[at] is '\r' or '\n')
                continue;
            if (text[at] != '=' || !padded || ++padding > 2)
                throw Corrupt(at);
        }

        if (digits % 4 == 1 || (padded && (digits + padding) % 4 != 0) || (padded && padding > 0 && digits % 4 < 2))
            throw Corrupt(padding > 0 ? start : at);

        return [.. bytes];
    }

    private static int Value(char c, bool url) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '+' when !url => 62,
        '/' when !url => 63,
        '-' when url => 62,
        '_' when url => 63,
        _ => -1,
    };

    private static RegoBuiltinException Corrupt(int at) => new($"illegal base64 data at input byte {at}");
}
