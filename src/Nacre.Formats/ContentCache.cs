using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nacre.Formats;

/// <summary>
/// What was made of the same bytes before, by their SHA-256: keys that were read, chains whose signatures were found good. The same machines
/// attest again and again, and proving what they send each time costs more than the rest. Keep only what cannot become wrong with time.
/// Safe for use by several threads.
/// </summary>
/// <param name="max">Past it, it starts over: whoever sends new bytes without end only makes the others be read again.</param>
public sealed class ContentCache<T>(int max)
    where T : class
{
    private readonly ConcurrentDictionary<Digest, T> _values = new();

    public int Count => _values.Count;

    /// <summary>Null when these very bytes were not seen before.</summary>
    public T? Find(ReadOnlySpan<byte> content) => _values.GetValueOrDefault(Digest.Of(content));

    /// <summary>As for one, for a list: two lists with the same bytes in all and other bounds are not the same.</summary>
    public T? Find(IReadOnlyList<byte[]> contents) => _values.GetValueOrDefault(Digest.Of(contents));

    public T? Find(string text) => Find(MemoryMarshal.AsBytes(text.AsSpan()));

    /// <returns><paramref name="value"/>, or what another thread added meanwhile.</returns>
    public T Add(ReadOnlySpan<byte> content, T value) => Add(Digest.Of(content), value);

    /// <inheritdoc cref="Add(ReadOnlySpan{byte}, T)"/>
    public T Add(IReadOnlyList<byte[]> contents, T value) => Add(Digest.Of(contents), value);

    /// <inheritdoc cref="Add(ReadOnlySpan{byte}, T)"/>
    public T Add(string text, T value) => Add(MemoryMarshal.AsBytes(text.AsSpan()), value);

    private T Add(Digest digest, T value)
    {
        if (_values.Count >= max)
            _values.Clear();
        return _values.GetOrAdd(digest, value);
    }

    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(ReadOnlySpan<byte> content)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(content, hash);
            return From(hash);
        }

        public static Digest Of(IReadOnlyList<byte[]> contents)
        {
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            foreach (var content in contents)
            {
                BinaryPrimitives.WriteInt32BigEndian(hash, content.Length);
                all.AppendData(hash[..sizeof(int)]);
                all.AppendData(content);
            }

            all.GetHashAndReset(hash);
            return From(hash);
        }

        private static Digest From(ReadOnlySpan<byte> hash) =>
            new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}
