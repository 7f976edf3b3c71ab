using System.Security.Cryptography;
using System.Text;
using Nacre.Formats;

namespace Nacre.Verifiers.Collateral;

/// <summary>
/// A document in the folder of a cache: the body, or the issuer chain, a NUL, and the body. It is written beside and renamed, so that no
/// reader sees half of one; the time of the file says when it was asked for.
/// </summary>
internal static class CollateralFile
{
    private const int MaxChain = 64 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Null when there is none that could be used: the source is then asked.</summary>
    /// <param name="folder">Of the cache.</param>
    /// <param name="item">Which document.</param>
    /// <param name="known">As it was read before; given back while the file has the same time and size.</param>
    /// <param name="cancel">Stops the reading.</param>
    public static async ValueTask<KeptCollateral?> ReadAsync(
        string folder, CollateralItem item, KeptCollateral? known, CancellationToken cancel)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, item.Path));
            if (!file.Exists || file.Length > item.MaxSize + MaxChain)
                return null;

            var since = new DateTimeOffset(file.LastWriteTimeUtc);
            if (known is not null && (known.Since, known.FileSize) == (since, file.Length))
                return known;

            var bytes = await File.ReadAllBytesAsync(file.FullName, cancel);
            var end = item.HasChain ? Array.IndexOf(bytes, (byte)0) : -1;
            if (item.HasChain && end < 0)
                return null;

            var document = new CollateralDocument(bytes[(end + 1)..], item.HasChain ? bytes[..end] : null);
            return new(document, item.Prove(document), since, bytes.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static async ValueTask WriteAsync(
        string folder, CollateralItem item, CollateralDocument document, DateTimeOffset now, CancellationToken cancel)
    {
        var file = Path.Combine(folder, item.Path);
        var beside = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            await File.WriteAllBytesAsync(beside, item.HasChain ? [.. document.Chain ?? [], 0, .. document.Body] : document.Body, cancel);
            File.SetLastWriteTimeUtc(beside, now.UtcDateTime);
            File.Move(beside, file, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>
    /// Held while one process asks for a document; null when it cannot be had, which costs a second question and nothing else.
    /// </summary>
    public static async ValueTask<FileStream?> TakeTurnAsync(
        string folder, CollateralItem item, TimeProvider clock, CancellationToken cancel)
    {
        // Guests choose what is asked for, so there are a few locks and not one for each document.
        var path = Path.Combine(folder, "locks", $"{SHA256.HashData(Encoding.UTF8.GetBytes(item.Path))[0]:x2}");
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);

                // The framework holds an advisory lock on a file that is shared with nobody; it ends with the process.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (UnauthorizedAccessException)
            {
                return null;
            }
            catch (IOException) when (!File.Exists(path) || clock.GetElapsedTime(since) >= s_patience)
            {
                return null;
            }
            catch (IOException)
            {
                await Task.Delay(s_pause, clock, cancel);
            }
        }
    }
}
