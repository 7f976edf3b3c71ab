using System.Security.Cryptography;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Layout;

/// <summary>Blobs as files. A new one is written beside its place and renamed once it is whole.</summary>
internal static class BlobFiles
{
    private const int BufferSize = 256 * 1024;

    public static FileStream Open(string path, string where)
    {
        try
        {
            return new(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(ImageFault.NotFound, $"the file {path} is missing", where, "check the directory and the name", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageFault.Local, $"the file {path} cannot be read: {e.Message}", where, "check its rights", e);
        }
    }

    public static async ValueTask<BlobWritten> WriteAsync(
        Stream content, string directory, Func<Digest, string> place, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        var temporary = Path.Combine(directory, $".{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.part");
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var size = 0L;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true))
            {
                var buffer = new byte[BufferSize];
                int count;
                while ((count = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel)) > 0)
                {
                    hash.AppendData(buffer, 0, count);
                    await file.WriteAsync(buffer.AsMemory(0, count), cancel);
                    size += count;
                }
            }

            var digest = Digest.Of(HashAlgorithmName.SHA256, hash.GetHashAndReset());
            var path = place(digest);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(temporary, path, overwrite: true);
            return new(digest, size);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static async ValueTask WriteAtomicallyAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.part";
        await File.WriteAllBytesAsync(temporary, content, cancel);
        File.Move(temporary, path, overwrite: true);
    }
}
