using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Linux.Pkcs11;

/// <summary>CK_OBJECT_CLASS.</summary>
public enum Pkcs11Class
{
    Data = 0,
    PublicKey = 2,
    PrivateKey = 3,
    SecretKey = 4,
}

/// <summary>CK_KEY_TYPE of secret keys.</summary>
public enum Pkcs11KeyType
{
    GenericSecret = 0x10,
    Aes = 0x1f,
}

/// <summary>CK_ATTRIBUTE_TYPE of attributes that are bytes.</summary>
public enum Pkcs11AttributeType
{
    Label = 0x3,
    Value = 0x11,
    Id = 0x102,
}

/// <summary>Attributes to search by, or to make an object of. Good for one use: values are zeroed after it.</summary>
public sealed class Pkcs11Template
{
    private const nuint ClassType = 0;
    private const nuint Token = 1;
    private const nuint Private = 2;
    private const nuint KeyTypeType = 0x100;
    private const nuint Sensitive = 0x103;
    private const nuint EncryptType = 0x104;
    private const nuint DecryptType = 0x105;
    private const nuint Extractable = 0x162;

    private readonly List<(nuint Type, byte[] Value)> _attributes = [];

    /// <summary>A secret that whoever is logged in can read again: kept on the token, seen by its user alone.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="value">Copied; the copy is zeroed when the object was made.</param>
    public static Pkcs11Template GenericSecret(string label, ReadOnlySpan<byte> value) => new Pkcs11Template()
        .Class(Pkcs11Class.SecretKey).KeyType(Pkcs11KeyType.GenericSecret).Label(label)
        .Add(Token, [1]).Add(Private, [1]).Add(Sensitive, [0]).Add(Extractable, [1])
        .Bytes(Pkcs11AttributeType.Value, value);

    /// <summary>An AES key that the token never gives out, and that encrypts and decrypts there.</summary>
    public static Pkcs11Template AesKey(string label, ReadOnlySpan<byte> value) => new Pkcs11Template()
        .Class(Pkcs11Class.SecretKey).KeyType(Pkcs11KeyType.Aes).Label(label)
        .Add(Token, [1]).Add(Private, [1]).Add(Sensitive, [1]).Add(Extractable, [0]).Add(EncryptType, [1]).Add(DecryptType, [1])
        .Bytes(Pkcs11AttributeType.Value, value);

    /// <summary>Bytes that are no key: kept on the token, seen by its user alone.</summary>
    public static Pkcs11Template Data(string label, ReadOnlySpan<byte> value) => new Pkcs11Template()
        .Class(Pkcs11Class.Data).Label(label).Add(Token, [1]).Add(Private, [1]).Bytes(Pkcs11AttributeType.Value, value);

    public Pkcs11Template Class(Pkcs11Class value) => Add(ClassType, Number((nuint)value));

    public Pkcs11Template KeyType(Pkcs11KeyType value) => Add(KeyTypeType, Number((nuint)value));

    public Pkcs11Template Label(string value) => Bytes(Pkcs11AttributeType.Label, Encoding.UTF8.GetBytes(value));

    public Pkcs11Template Bytes(Pkcs11AttributeType type, ReadOnlySpan<byte> value) => Add((nuint)type, value.ToArray());

    internal Pinned Pin() => new(_attributes);

    private Pkcs11Template Add(nuint type, byte[] value)
    {
        _attributes.Add((type, value));
        return this;
    }

    private static byte[] Number(nuint value) => BitConverter.GetBytes((ulong)value);

    /// <summary>The attributes in memory that does not move; their values are zeroed at the end.</summary>
    internal sealed unsafe class Pinned : IDisposable
    {
        private readonly List<(nuint Type, byte[] Value)> _attributes;
        private readonly GCHandle[] _values;
        private readonly Pkcs11Attribute* _first;

        public Pinned(List<(nuint Type, byte[] Value)> attributes)
        {
            _attributes = attributes;
            _values = [.. attributes.Select(attribute => GCHandle.Alloc(attribute.Value, GCHandleType.Pinned))];
            _first = (Pkcs11Attribute*)NativeMemory.Alloc((nuint)attributes.Count, (nuint)sizeof(Pkcs11Attribute));
            for (var i = 0; i < attributes.Count; i++)
            {
                _first[i] = new Pkcs11Attribute
                {
                    Type = attributes[i].Type,
                    Value = (byte*)_values[i].AddrOfPinnedObject(),
                    Length = (nuint)attributes[i].Value.Length,
                };
            }
        }

        public Pkcs11Attribute* First => _first;

        public nuint Count => (nuint)_attributes.Count;

        public void Dispose()
        {
            foreach (var (type, value) in _attributes)
            {
                if (type == (nuint)Pkcs11AttributeType.Value)
                    CryptographicOperations.ZeroMemory(value);
            }

            foreach (var value in _values)
                value.Free();
            NativeMemory.Free(_first);
        }
    }
}
