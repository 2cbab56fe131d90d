//! Derive macros for types written by a bindings generator.
//!
//! The generators of Rust types from WIT can add a derive to every type but no attributes, and serde takes its names from
//! attributes. The macros bridge the gap: they derive on a copy of the type that has the attributes, so that JSON uses the
//! contract's own words (`not-performed`, `registry-value`) for cases and `snake_case` for fields.

#![warn(missing_docs)]

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, parse_macro_input};

/// Derives `serde::Serialize` and `serde::Deserialize`: enum cases in kebab-case, field names unchanged.
///
/// The crate that uses it must depend on `serde` with the `derive` feature. All fields must be public.
#[proc_macro_derive(ContractJson)]
pub fn derive_contract_json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input, |name, remote, copy, definition| {
        quote! {
            #[derive(::serde::Serialize, ::serde::Deserialize)]
            #[serde(remote = #remote)]
            #definition

            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    #copy::serialize(self, serializer)
                }
            }

            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    #copy::deserialize(deserializer)
                }
            }
        }
    })
}

/// Derives `schemars::JsonSchema`: the schema of the JSON that [`macro@ContractJson`] writes, described by the type's documentation.
///
/// The crate that uses it must depend on `schemars`.
#[proc_macro_derive(ContractSchema)]
pub fn derive_contract_schema(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input, |name, remote, copy, definition| {
        quote! {
            #[derive(::schemars::JsonSchema)]
            #[schemars(rename = #remote)]
            #[allow(dead_code)]
            #definition

            impl ::schemars::JsonSchema for #name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    #copy::schema_name()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    #copy::schema_id()
                }

                fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                    #copy::json_schema(generator)
                }
            }
        }
    })
}

/// Expands to what `derive` makes of the type's name, the name as a string, and the name and the definition of the copy.
fn expand(
    input: &DeriveInput,
    derive: impl FnOnce(&Ident, String, &Ident, TokenStream) -> TokenStream,
) -> proc_macro::TokenStream {
    let name = &input.ident;
    let copy = format_ident!("{}Json", name);
    let items = match definition(input, &copy) {
        Ok(definition) => derive(name, name.to_string(), &copy, definition),
        Err(error) => return error.to_compile_error().into(),
    };
    quote!(const _: () = { #items };).into()
}

/// Returns the definition of the copy: the attributes of the generator have no meaning there, except for the documentation.
fn definition(input: &DeriveInput, copy: &Ident) -> syn::Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(&input.ident, "the contract's types have no parameters"));
    }
    let docs = docs(&input.attrs);
    match &input.data {
        Data::Struct(data) => {
            let fields = fields(&data.fields);
            Ok(quote!(#docs struct #copy #fields))
        }
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                let (docs, ident, fields) = (self::docs(&variant.attrs), &variant.ident, fields(&variant.fields));
                quote!(#docs #ident #fields)
            });
            Ok(quote!(#docs #[serde(rename_all = "kebab-case")] enum #copy { #(#variants),* }))
        }
        Data::Union(_) => Err(syn::Error::new_spanned(&input.ident, "a union has no JSON")),
    }
}

fn fields(fields: &Fields) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let fields = named.named.iter().map(|field| {
                let (docs, ident, ty) = (docs(&field.attrs), &field.ident, &field.ty);
                quote!(#docs #ident: #ty)
            });
            quote!({ #(#fields),* })
        }
        Fields::Unnamed(unnamed) => {
            let types = unnamed.unnamed.iter().map(|field| &field.ty);
            quote!((#(#types),*))
        }
        Fields::Unit => TokenStream::new(),
    }
}

fn docs(attributes: &[Attribute]) -> TokenStream {
    let docs = attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    quote!(#(#docs)*)
}
