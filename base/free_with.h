// FreeWith: deletes what a C library gave by that library's function.
//
//   std::unique_ptr<BIO, FreeWith<BIO_free>> bio(BIO_new(BIO_s_mem()));
//
// Thread: any.
#pragma once

namespace terrella {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace terrella
