using System.Text;

namespace Nacre.Linux.Files;

/// <summary>
/// File names as the kernel has them: bytes. In strings they are kept one byte a character (Latin-1), which loses nothing and
/// compares like the bytes; <see cref="Display"/> gives the text people know.
/// </summary>
public static class FileName
{
    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string FromText(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Readable, with control characters replaced, so that a name cannot write to a terminal.</summary>
    public static string Display(string name)
    {
        var text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name));
        return string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                target[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }

    /// <summary>The bytes with a nul after them, as system calls want them.</summary>
    internal static byte[] Terminated(string name)
    {
        if (name.Contains('\0'))
            throw new ArgumentException("A file name cannot hold a nul.", nameof(name));

        var bytes = new byte[name.Length + 1];
        Encoding.Latin1.GetBytes(name, bytes);
        return bytes;
    }
}
