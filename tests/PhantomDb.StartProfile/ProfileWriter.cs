using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PhantomDb.StartProfile;

/// <summary>
/// Writes methods as the ReadyToRun compiler takes them, in its format MIBC: an assembly that nobody runs, with two functions. One has a group of methods, the other names the
/// group by the assemblies that all must be compiled together for it to be of use.
/// <code>
/// AssemblyDictionary()           Group()
///   ldstr "PhantomDb.Shell;"       ldtoken METHOD
///   ldtoken Group                  pop
///   pop                            …
/// </code>
/// </summary>
internal sealed class ProfileWriter
{
    private readonly MetadataBuilder _metadata = new();
    private readonly Dictionary<Assembly, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<Type, EntityHandle> _types = [];

    /// <summary>False for the few whose signatures have what is not written here: function pointers, arrays of several dimensions.</summary>
    public static bool CanWrite(MethodBase method)
    {
        MethodBase open = Open(method);
        return !method.DeclaringType!.IsArray && open.GetParameters().All(parameter => CanWrite(parameter.ParameterType)) && (open is not MethodInfo function || CanWrite(function.ReturnType));
    }

    /// <summary>The bytes of the file.</summary>
    public byte[] Write(IEnumerable<MethodBase> methods)
    {
        string name = typeof(ProfileWriter).Assembly.GetName().Name!;
        _metadata.AddModule(0, _metadata.GetOrAddString(name), default, default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(name), new Version(1, 0), default, default, 0, AssemblyHashAlgorithm.None);
        BlobBuilder code = new();
        MethodBodyStreamEncoder bodies = new(code);
        InstructionEncoder group = new(new BlobBuilder());
        foreach (MethodBase method in methods)
        {
            group.OpCode(ILOpCode.Ldtoken);
            group.Token(Reference(method));
            group.OpCode(ILOpCode.Pop);
        }
        group.OpCode(ILOpCode.Ret);
        MethodDefinitionHandle groupFunction = AddFunction("Group", bodies.AddMethodBody(group));
        InstructionEncoder dictionary = new(new BlobBuilder());
        dictionary.LoadString(_metadata.GetOrAddUserString("PhantomDb.Shell;"));
        dictionary.OpCode(ILOpCode.Ldtoken);
        dictionary.Token(groupFunction);
        dictionary.OpCode(ILOpCode.Pop);
        dictionary.OpCode(ILOpCode.Ret);
        AddFunction("AssemblyDictionary", bodies.AddMethodBody(dictionary));
        _metadata.AddTypeDefinition(default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), groupFunction);
        BlobBuilder image = new();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(_metadata), code, deterministicIdProvider: _ => new BlobContentId(Guid.Empty, 1)).Serialize(image);
        return image.ToArray();
    }

    // As it was declared, without the types that stand for the parameters of its own or of its class.
    private static MethodBase Open(MethodBase method) => method.Module.ResolveMethod(method.MetadataToken)!;

    private static bool CanWrite(Type type) =>
        !type.IsFunctionPointer && !type.IsVariableBoundArray && (!type.HasElementType || CanWrite(type.GetElementType()!)) && type.GenericTypeArguments.All(CanWrite);

    private MethodDefinitionHandle AddFunction(string name, int body)
    {
        BlobBuilder signature = new();
        new BlobEncoder(signature).MethodSignature().Parameters(0, result => result.Void(), _ => { });
        return _metadata.AddMethodDefinition(MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name), _metadata.GetOrAddBlob(signature), body, default);
    }

    private EntityHandle Reference(MethodBase method)
    {
        MemberReferenceHandle member = _metadata.AddMemberReference(Handle(method.DeclaringType!), _metadata.GetOrAddString(method.Name), Signature(Open(method)));
        if (!method.IsGenericMethod)
        {
            return member;
        }
        Type[] types = method.GetGenericArguments();
        BlobBuilder blob = new();
        GenericTypeArgumentsEncoder arguments = new BlobEncoder(blob).MethodSpecificationSignature(types.Length);
        Array.ForEach(types, type => Encode(type, arguments.AddArgument()));
        return _metadata.AddMethodSpecification(member, _metadata.GetOrAddBlob(blob));
    }

    private BlobHandle Signature(MethodBase open)
    {
        ParameterInfo[] parameters = open.GetParameters();
        BlobBuilder blob = new();
        new BlobEncoder(blob).MethodSignature(genericParameterCount: open.IsGenericMethod ? open.GetGenericArguments().Length : 0, isInstanceMethod: !open.IsStatic)
            .Parameters(parameters.Length, out ReturnTypeEncoder result, out ParametersEncoder encoder);
        if (open is MethodInfo { ReturnParameter: { } returned } && returned.ParameterType != typeof(void))
        {
            Encode(returned, result.CustomModifiers(), result.Type);
        }
        else
        {
            result.Void();
        }
        foreach (ParameterInfo parameter in parameters)
        {
            ParameterTypeEncoder type = encoder.AddParameter();
            Encode(parameter, type.CustomModifiers(), type.Type);
        }
        return _metadata.GetOrAddBlob(blob);
    }

    private void Encode(ParameterInfo parameter, CustomModifiersEncoder modifiers, Func<bool, SignatureTypeEncoder> type)
    {
        foreach (Type modifier in parameter.GetRequiredCustomModifiers().Reverse())
        {
            modifiers.AddModifier(Handle(modifier), isOptional: false);
        }
        Type passed = parameter.ParameterType;
        Encode(passed.IsByRef ? passed.GetElementType()! : passed, type(passed.IsByRef));
    }

    private void Encode(Type type, SignatureTypeEncoder encoder)
    {
        switch (type)
        {
            case { IsGenericTypeParameter: true }:
                encoder.GenericTypeParameter(type.GenericParameterPosition);
                break;
            case { IsGenericMethodParameter: true }:
                encoder.GenericMethodTypeParameter(type.GenericParameterPosition);
                break;
            case { IsPointer: true } when type == typeof(void*):
                encoder.VoidPointer();
                break;
            case { IsPointer: true }:
                Encode(type.GetElementType()!, encoder.Pointer());
                break;
            case { IsSZArray: true }:
                Encode(type.GetElementType()!, encoder.SZArray());
                break;
            case { IsGenericType: true }:
                Type[] types = type.GetGenericArguments();
                GenericTypeArgumentsEncoder arguments = encoder.GenericInstantiation(Handle(type.GetGenericTypeDefinition()), types.Length, type.IsValueType);
                Array.ForEach(types, argument => Encode(argument, arguments.AddArgument()));
                break;
            case { IsPrimitive: true } or { FullName: "System.Object" or "System.String" or "System.TypedReference" }:
                encoder.PrimitiveType(Enum.Parse<PrimitiveTypeCode>(type.Name));
                break;
            default:
                encoder.Type(Handle(type), type.IsValueType);
                break;
        }
    }

    private EntityHandle Handle(Type type)
    {
        if (_types.TryGetValue(type, out EntityHandle known))
        {
            return known;
        }
        if (type.IsConstructedGenericType)
        {
            BlobBuilder blob = new();
            Encode(type, new BlobEncoder(blob).TypeSpecificationSignature());
            return _types[type] = _metadata.AddTypeSpecification(_metadata.GetOrAddBlob(blob));
        }
        EntityHandle scope = type.DeclaringType is { } outer ? Handle(outer) : Handle(type.Assembly);
        return _types[type] = _metadata.AddTypeReference(scope, _metadata.GetOrAddString(type.DeclaringType is null ? type.Namespace ?? "" : ""), _metadata.GetOrAddString(type.Name));
    }

    private AssemblyReferenceHandle Handle(Assembly assembly)
    {
        if (!_assemblies.TryGetValue(assembly, out AssemblyReferenceHandle handle))
        {
            AssemblyName name = assembly.GetName();
            BlobHandle token = name.GetPublicKeyToken() is { Length: > 0 } bytes ? _metadata.GetOrAddBlob(bytes) : default;
            _assemblies[assembly] = handle = _metadata.AddAssemblyReference(_metadata.GetOrAddString(name.Name!), name.Version!, default, token, default, default);
        }
        return handle;
    }
}
