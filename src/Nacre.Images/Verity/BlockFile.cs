using Microsoft.Win32.SafeHandles;

namespace Nacre.Images.Verity;

/// <summary>Whole reads at positions of an open file or device; the name is for errors.</summary>
internal sealed record BlockFile(SafeFileHandle Handle, string Name)
{
    public void ReadExactly(Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var count = RandomAccess.Read(Handle, bytes, offset);
            if (count == 0)
                throw CutShort(offset, Name);
            bytes = bytes[count..];
            offset += count;
        }
    }

    public static ImageException CutShort(long offset, string where) =>
        new(ImageFault.Malformed, $"the file ends at byte {offset}", where, "it is cut short; make or fetch it again");

    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(Handle, bytes, offset);
}
