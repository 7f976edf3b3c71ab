using System.Text;
using Nacre.Formats;

namespace Nacre.KeyBroker.Sessions;

/// <summary>What a cookie holds; two kinds, told apart by the first byte.</summary>
/// <param name="Expires">From then on it is void.</param>
/// <param name="Guest">The same in all sessions that one guest begins with the cookie of the one before: what links its attempts.</param>
public abstract record SessionState(DateTimeOffset Expires, string Guest)
{
    private const int MaxText = 64 * 1024;
    private const int MaxBytes = 64 * 1024;

    private protected const byte Pending = 3;
    private protected const byte Attested = 4;

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream(512);
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
            Write(writer);
        return buffer.ToArray();
    }

    /// <summary>Only for bytes that were sealed by this program; anything else is a different version of it.</summary>
    /// <exception cref="MalformedDataException">Not the bytes of a session.</exception>
    public static SessionState Parse(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
        try
        {
            SessionState state = reader.ReadByte() switch
            {
                Pending => PendingSession.Read(reader),
                Attested => AttestedState.Read(reader),
                var other => throw new MalformedDataException("session", "kind", 0, $"{other} is not known"),
            };
            return reader.BaseStream.Position == bytes.Length
                ? state : throw new MalformedDataException("session", "(end)", (int)reader.BaseStream.Position, "bytes are left over");
        }
        catch (EndOfStreamException e)
        {
            throw new MalformedDataException("session", "(end)", bytes.Length, "is cut short", e);
        }
    }

    private protected abstract void Write(BinaryWriter writer);

    private protected static void WriteBytes(BinaryWriter writer, byte[]? bytes)
    {
        writer.Write7BitEncodedInt(bytes is null ? 0 : bytes.Length + 1);
        writer.Write(bytes ?? []);
    }

    private protected static byte[]? ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt() - 1;
        if (length < 0)
            return null;

        var bytes = reader.ReadBytes(length <= MaxBytes ? length : throw new MalformedDataException("session", "bytes", 0, "are too many"));
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }

    private protected static void WriteTime(BinaryWriter writer, DateTimeOffset time) => writer.Write(time.ToUnixTimeSeconds());

    private protected static DateTimeOffset ReadTime(BinaryReader reader) => DateTimeOffset.FromUnixTimeSeconds(reader.ReadInt64());

    private protected static string ReadText(BinaryReader reader) =>
        reader.ReadString() is { Length: <= MaxText } text ? text : throw new MalformedDataException("session", "text", 0, "is too long");
}

/// <summary>After <c>auth</c>: the challenge, and what the guest said of itself.</summary>
/// <param name="Expires">When the challenge is void.</param>
/// <param name="Nonce">As sent.</param>
/// <param name="Tee">Wire name.</param>
/// <param name="HashAlgorithm">For report data.</param>
/// <param name="KeyProof">What is needed to believe the attestation key, for TEEs that prove it in the handshake; null otherwise.</param>
/// <param name="Protocol">Version that the guest speaks.</param>
/// <param name="Guest">As of <see cref="SessionState"/>.</param>
public sealed record PendingSession(
    DateTimeOffset Expires, string Nonce, string Tee, string HashAlgorithm, PendingKeyProof? KeyProof, string Protocol, string Guest)
    : SessionState(Expires, Guest)
{
    internal static PendingSession Read(BinaryReader reader)
    {
        var expires = ReadTime(reader);
        var (guest, protocol, nonce) = (ReadText(reader), ReadText(reader), ReadText(reader));
        var (tee, hash) = (ReadText(reader), ReadText(reader));
        var proof = ReadBytes(reader) is { } secret ? new PendingKeyProof(secret, ReadBytes(reader) ?? [], ReadText(reader)) : null;
        return new PendingSession(expires, nonce, tee, hash, proof, protocol, guest);
    }

    private protected override void Write(BinaryWriter writer)
    {
        writer.Write(Pending);
        WriteTime(writer, Expires);
        writer.Write(Guest);
        writer.Write(Protocol);
        writer.Write(Nonce);
        writer.Write(Tee);
        writer.Write(HashAlgorithm);
        WriteBytes(writer, KeyProof?.Secret);
        if (KeyProof is null)
            return;
        WriteBytes(writer, KeyProof.KeySpki);
        writer.Write(KeyProof.EndorsementFingerprint);
    }
}

/// <param name="Secret">Only the TPM that holds both keys can learn it.</param>
/// <param name="KeySpki">SubjectPublicKeyInfo of the attestation key that the secret was made for.</param>
/// <param name="EndorsementFingerprint">SHA-256 of the endorsement key's certificate, hex.</param>
public sealed record PendingKeyProof(byte[] Secret, byte[] KeySpki, string EndorsementFingerprint)
{
    public override string ToString() => "[secret]";
}

/// <summary>After <c>attest</c>: the claims of the token, or where they are.</summary>
/// <param name="Expires">When the token expires.</param>
/// <param name="Nonce">Of the challenge it answered.</param>
/// <param name="Claims">The claims as <see cref="SessionClaims"/> packs them; null when they are too large for a cookie.</param>
/// <param name="StoredClaims">The key of the claims in the store; null when the cookie holds them.</param>
/// <param name="Guest">As of <see cref="SessionState"/>.</param>
public sealed record AttestedState(DateTimeOffset Expires, string Nonce, byte[]? Claims, string? StoredClaims, string Guest)
    : SessionState(Expires, Guest)
{
    internal static AttestedState Read(BinaryReader reader)
    {
        var expires = ReadTime(reader);
        var (guest, nonce) = (ReadText(reader), ReadText(reader));
        var claims = ReadBytes(reader);
        return new AttestedState(expires, nonce, claims, claims is null ? ReadText(reader) : null, guest);
    }

    private protected override void Write(BinaryWriter writer)
    {
        writer.Write(Attested);
        WriteTime(writer, Expires);
        writer.Write(Guest);
        writer.Write(Nonce);
        WriteBytes(writer, Claims);
        if (Claims is null)
            writer.Write(StoredClaims!);
    }
}
