//! A derive macro for types written by a bindings generator.
//!
//! The generators of Rust types from WIT can add a derive to every type but no attributes, and serde takes its names from
//! attributes. [`macro@ContractJson`] bridges the gap: it gives serde a copy of the type with the attributes added, so that
//! JSON uses the contract's own words (`not-performed`, `registry-value`) for cases and `snake_case` for fields.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, parse_macro_input};

/// Derives `serde::Serialize` and `serde::Deserialize`: enum cases in kebab-case, field names unchanged.
///
/// The crate that uses it must depend on `serde` with the `derive` feature. All fields must be public.
#[proc_macro_derive(ContractJson)]
pub fn derive_contract_json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(parse_macro_input!(input as DeriveInput)).into()
}

fn expand(input: DeriveInput) -> TokenStream {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        return syn::Error::new_spanned(name, "the contract's types have no parameters").to_compile_error();
    }
    let remote = name.to_string();
    let shadow = format_ident!("{}Json", name);
    let body = match &input.data {
        Data::Struct(data) => {
            let fields = copied_fields(&data.fields);
            quote! {
                #[serde(remote = #remote)]
                struct #shadow #fields
            }
        }
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                let (ident, fields) = (&variant.ident, copied_fields(&variant.fields));
                quote!(#ident #fields)
            });
            quote! {
                #[serde(remote = #remote, rename_all = "kebab-case")]
                enum #shadow { #(#variants),* }
            }
        }
        Data::Union(_) => return syn::Error::new_spanned(name, "a union has no JSON").to_compile_error(),
    };
    quote! {
        const _: () = {
            #[derive(::serde::Serialize, ::serde::Deserialize)]
            #body

            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    #shadow::serialize(self, serializer)
                }
            }

            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    #shadow::deserialize(deserializer)
                }
            }
        };
    }
}

/// Returns the fields without the generator's attributes, which have no meaning on the copy.
fn copied_fields(fields: &Fields) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let fields = named.named.iter().map(|field| {
                let (ident, ty) = (&field.ident, &field.ty);
                quote!(#ident: #ty)
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
